namespace Quiver.Tool.Perf;

/// <summary>What a datagram of the machine-limit measurement asks for.</summary>
internal enum LimitPacketKind : byte
{
    /// <summary>Bytes to be counted.</summary>
    Data = 0,

    /// <summary>The receiver's count of bytes so far.</summary>
    Report,

    /// <summary>To be sent back.</summary>
    Ping,

    /// <summary>The receiver may leave.</summary>
    End,
}
