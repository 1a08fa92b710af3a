namespace Quiver;

/// <summary>A version of QUIC. Both do the same; they differ on the wire.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1027:Mark enums with FlagsAttribute", Justification = "Numbers on the wire, not flags.")]
public enum QuicVersion
{
    /// <summary>RFC 9000.</summary>
    Version1 = 1,

    /// <summary>RFC 9369.</summary>
    Version2 = 0x6B33_43CF,
}
