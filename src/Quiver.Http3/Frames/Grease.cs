using System.Security.Cryptography;

namespace Quiver.Http3.Frames;

/// <summary>Values that mean nothing, sent so that peers do not forget to ignore what they do not know. RFC 9114 §7.2.4.1, §7.2.8.</summary>
internal static class Grease
{
    /// <summary>Of the form 0x1f * N + 0x21, four bytes long as an integer.</summary>
    public static ulong NextReserved() => (0x1ful * (ulong)RandomNumberGenerator.GetInt32(1 << 10, 1 << 24)) + 0x21;
}
