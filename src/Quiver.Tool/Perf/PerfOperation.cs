namespace Quiver.Tool.Perf;

/// <summary>What a stream of <c>quiver perf</c> is for; its argument in brackets.</summary>
internal enum PerfOperation : byte
{
    /// <summary>The server sends until it is told to stop, in writes of so many bytes [length].</summary>
    Download = 1,

    /// <summary>The server reads to the end, then answers with the number of bytes in eight bytes.</summary>
    Upload,

    /// <summary>The server reads to the end, then answers with so many bytes [length].</summary>
    Request,

    /// <summary>The server sends every message of so many bytes [length] back.</summary>
    PingPong,
}
