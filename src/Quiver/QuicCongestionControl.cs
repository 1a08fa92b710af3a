namespace Quiver;

/// <summary>How a connection finds out how much it may have under way. It is each side's own affair: the other need not know.</summary>
public enum QuicCongestionControl
{
    /// <summary>
    /// CUBIC (RFC 9438): after a loss the rate falls to seven tenths, returns quickly to near where it was, and then feels its way. As TCP does on
    /// most systems.
    /// </summary>
    Cubic,

    /// <summary>NewReno (RFC 9002 §7): after a loss the rate falls to half and grows by one datagram a round trip.</summary>
    NewReno,
}
