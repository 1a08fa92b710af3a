using System.Net;
using Quiver.Tool.Commands;
using Quiver.Tool.Output;

namespace Quiver.Tool.Get;

/// <summary>Moves a connection to another port of the same address in the middle of its downloads.</summary>
internal static class Migration
{
    /// <summary>
    /// Waits for the moment, then tries another path and goes there; says from where to where. Null: the downloads ended before the moment
    /// came. One that has come counts, even if the last bytes are faster than the new path.
    /// </summary>
    public static async Task<string?> RunAsync(
        QuicConnection connection, MigrateAfter after, TransferMeter meter, CancellationToken ended, CancellationToken cancellationToken)
    {
        Task moment = after.Bytes is long bytes ? meter.ReachedAsync(bytes) : Task.Delay(after.Time!.Value, ended); // one of them is there
        await moment.WaitAsync(ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!moment.IsCompletedSuccessfully)
        {
            return null;
        }

        try
        {
            IPEndPoint from = connection.LocalEndPoint;
            QuicPath path = await connection.AddPathAsync(new IPEndPoint(from.Address, 0), cancellationToken);
            await path.MigrateAsync(cancellationToken);
            return $"moved from {from} to {path.LocalEndPoint} after {ByteSize.Format(meter.Bytes)}";
        }
        catch (Exception e) when (e is QuicException or InvalidOperationException or System.Net.Sockets.SocketException)
        {
            throw new ToolException($"The connection to {connection.RemoteEndPoint} cannot migrate: {e.Message}", e);
        }
    }
}
