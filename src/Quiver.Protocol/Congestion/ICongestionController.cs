using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Congestion;

/// <summary>Decides how many bytes may be in flight. RFC 9002 §7.</summary>
internal interface ICongestionController
{
    ulong CongestionWindow { get; }

    bool IsInSlowStart { get; }

    /// <summary>Packets were acknowledged.</summary>
    /// <param name="bytes">Their bytes.</param>
    /// <param name="newestSent">When the newest of them was sent.</param>
    /// <param name="wasLimited">Whether the window (not the application) was what kept us from sending more.</param>
    /// <param name="smoothedRtt">The round trip.</param>
    /// <param name="now">When the ACK came.</param>
    void OnAcked(ulong bytes, Timestamp newestSent, bool wasLimited, TimeSpan smoothedRtt, Timestamp now);

    /// <summary>Loss or a CE mark of a packet sent at that time.</summary>
    void OnCongestion(Timestamp sent, Timestamp now);

    /// <summary>Everything was lost for long. RFC 9002 §7.6.</summary>
    void OnPersistentCongestion();

    /// <summary>Another path, of which nothing is known. RFC 9000 §9.4.</summary>
    void Reset();
}
