using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.FlowControl;

/// <summary>Doubles a receive window while the application drains it faster than two round trips. RFC 9000 §4.2.</summary>
internal struct WindowTuner(ulong window)
{
    private Timestamp _lastUpdate = new(long.MinValue / 2);

    public ulong Window { get; private set; } = window;

    /// <summary>Called when credit is given anew, that is after half of the window was read.</summary>
    public void OnUpdate(ulong maxWindow, TimeSpan smoothedRtt, Timestamp now)
    {
        if (now - _lastUpdate < 2 * smoothedRtt && Window < maxWindow)
        {
            Window = Math.Min(Window * 2, maxWindow);
        }

        _lastUpdate = now;
    }
}
