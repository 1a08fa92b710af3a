using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Congestion;

/// <summary>NewReno. RFC 9002 §7, appendix B.</summary>
internal sealed class NewReno(int maxDatagramSize) : ICongestionController
{
    private readonly ulong _datagram = (ulong)maxDatagramSize;
    private ulong _threshold = ulong.MaxValue;
    private ulong _ackedInAvoidance;
    private Timestamp _recoveryStart = new(long.MinValue);

    /// <summary>Ten datagrams, but no more than 14,720 bytes or two datagrams. RFC 9002 §7.2.</summary>
    public ulong CongestionWindow { get; private set; } = InitialWindow(maxDatagramSize);

    public bool IsInSlowStart => CongestionWindow < _threshold;

    private ulong MinWindow => 2 * _datagram;

    public void OnAcked(ulong bytes, Timestamp newestSent, bool wasLimited, TimeSpan smoothedRtt, Timestamp now)
    {
        // No growth while in recovery, nor while the application leaves the window unused. RFC 9002 §7.3.2, §7.8.
        if (newestSent <= _recoveryStart || !wasLimited)
        {
            return;
        }

        if (IsInSlowStart)
        {
            CongestionWindow += bytes;
            return;
        }

        // One datagram for each window of acknowledged bytes. RFC 9002 §7.3.3.
        _ackedInAvoidance += bytes;
        if (_ackedInAvoidance >= CongestionWindow)
        {
            _ackedInAvoidance -= CongestionWindow;
            CongestionWindow += _datagram;
        }
    }

    public void OnCongestion(Timestamp sent, Timestamp now)
    {
        // One reaction for each round trip. RFC 9002 §7.3.2.
        if (sent <= _recoveryStart)
        {
            return;
        }

        _recoveryStart = now;
        _threshold = CongestionWindow = Math.Max(CongestionWindow / 2, MinWindow);
        _ackedInAvoidance = 0;
    }

    public void Reset()
    {
        CongestionWindow = InitialWindow(maxDatagramSize);
        _threshold = ulong.MaxValue;
        _ackedInAvoidance = 0;
        _recoveryStart = new Timestamp(long.MinValue);
    }

    public void OnPersistentCongestion()
    {
        CongestionWindow = MinWindow;
        _recoveryStart = new Timestamp(long.MinValue);
    }

    private static ulong InitialWindow(int datagram) => (ulong)Math.Min(10 * datagram, Math.Max(14720, 2 * datagram));
}
