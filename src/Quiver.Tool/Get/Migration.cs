using System.Net;
using Quiver.Tool.Commands;
using Quiver.Tool.Output;

namespace Quiver.Tool.Get;

/// <summary>Moves a connection to another port of the same address in the middle of its downloads.</summary>
internal static class Migration
{
    /// <summary>Waits for the moment, then tries another path and goes there; says from where to where. Null: the downloads ended before.</summary>
    public static async Task<string?> RunAsync(QuicConnection connection, MigrateAfter after, TransferMeter meter, CancellationToken ended)
    {
        try
        {
            await (after.Bytes is long bytes ? meter.ReachedAsync(bytes) : Task.Delay(after.Time!.Value, ended)).WaitAsync(ended); // one of them is there
            IPEndPoint from = connection.LocalEndPoint;
            QuicPath path = await connection.AddPathAsync(new IPEndPoint(from.Address, 0), ended);
            await path.MigrateAsync(ended);
            return $"moved from {from} to {path.LocalEndPoint} after {ByteSize.Format(meter.Bytes)}";
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception e) when (e is QuicException or InvalidOperationException or System.Net.Sockets.SocketException)
        {
            throw new ToolException($"The connection to {connection.RemoteEndPoint} cannot migrate: {e.Message}", e);
        }
    }
}
