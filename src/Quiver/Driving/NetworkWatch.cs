using System.Net.NetworkInformation;
using Quiver.Diagnostics;

namespace Quiver.Driving;

/// <summary>Tells the connections that follow the network when this machine's addresses have changed. One for the process.</summary>
internal static class NetworkWatch
{
    /// <summary>Changes come in bursts, and routes a little after addresses.</summary>
    private static readonly TimeSpan s_settling = TimeSpan.FromMilliseconds(200);

    private static int s_isStarted;
    private static int s_isPending;

    /// <summary>Watches from now on, for as long as the process lives.</summary>
    public static void Start()
    {
        if (Interlocked.Exchange(ref s_isStarted, 1) == 0)
        {
            NetworkChange.NetworkAddressChanged += (_, _) => _ = OnChangedAsync();
        }
    }

    private static async Task OnChangedAsync()
    {
        if (Interlocked.Exchange(ref s_isPending, 1) != 0)
        {
            return;
        }

        await Task.Delay(s_settling).ConfigureAwait(false);
        Volatile.Write(ref s_isPending, 0);
        LocalAddresses.Forget();
        foreach (ConnectionDriver connection in LiveConnections.List())
        {
            if (connection.Paths.FollowsNetwork)
            {
                _ = connection.Paths.FollowNetworkAsync();
            }
        }
    }
}
