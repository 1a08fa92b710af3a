namespace Quiver.AspNetCore.Connections;

/// <summary>Application error codes on the wire.</summary>
internal static class ErrorCodes
{
    /// <summary>H3_NO_ERROR. RFC 9114 §8.1.</summary>
    public const long NoError = 0x100;

    public static void Validate(long code)
    {
        if (code is < 0 or > QuiverTransportOptions.MaxErrorCode)
        {
            throw new ArgumentOutOfRangeException(nameof(code), code, $"A QUIC error code is 0 to {QuiverTransportOptions.MaxErrorCode} (2^62 - 1).");
        }
    }
}
