using System.Diagnostics;
using System.Globalization;
using Quiver.Tool.Hosting;

namespace Quiver.Tool.Perf;

/// <summary>
/// Measures what two processes on this machine reach with Quiver's sockets and its AES-GCM and no protocol at all. The receiver is
/// a second copy of this executable.
/// </summary>
internal static class MachineLimit
{
    private const long WarmUpBytes = 300_000_000;

    public static async Task<LimitResult> RunAsync(LimitOptions options, CancellationToken cancellationToken = default)
    {
        using Process receiver = SelfProcess.Start(options.ReceiverArguments);
        try
        {
            string line = await receiver.StandardOutput.ReadLineAsync(cancellationToken).ConfigureAwait(false)
                ?? throw new InvalidOperationException("The receiver ended before it had a port.");
            return Measure(options, int.Parse(line, CultureInfo.InvariantCulture));
        }
        finally
        {
            if (!receiver.WaitForExit(TimeSpan.FromSeconds(1)))
            {
                receiver.Kill();
            }
        }
    }

    private static LimitResult Measure(LimitOptions options, int port)
    {
        using LimitSender sender = new(options, port);
        sender.Transfer(Math.Min(WarmUpBytes, options.Bytes));
        (TimeSpan elapsed, long lost) = sender.Transfer(options.Bytes);
        TimeSpan[] pings = new TimeSpan[options.Pings];
        for (int i = 0; i < pings.Length; i++)
        {
            pings[i] = sender.Ping();
        }

        sender.End();
        TimeSpan[] counted = pings[(pings.Length / 10)..];
        Array.Sort(counted);
        double datagrams = (double)(options.Bytes - lost) / options.DatagramLength;
        return new LimitResult(
            datagrams * (options.DatagramLength - LimitPacket.Overhead) * 8 / elapsed.TotalSeconds / 1e9,
            elapsed.TotalMicroseconds / datagrams,
            lost / options.DatagramLength,
            counted[counted.Length / 2],
            counted[counted.Length * 99 / 100]);
    }
}
