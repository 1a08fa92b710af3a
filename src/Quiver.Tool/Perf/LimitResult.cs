namespace Quiver.Tool.Perf;

/// <summary>What this machine can do without a protocol: the bar that QUIC is held against.</summary>
/// <param name="GigabitsPerSecond">Rate of the bytes that a protocol could use: datagrams less header and tag.</param>
/// <param name="MicrosecondsPerDatagram">Elapsed, not processor time: sender and receiver work side by side.</param>
/// <param name="DatagramsLost">Sent and not counted by the receiver.</param>
/// <param name="PingMedian">Round trip between two waiting processes.</param>
/// <param name="Ping99">The 99th percentile.</param>
internal sealed record LimitResult(
    double GigabitsPerSecond, double MicrosecondsPerDatagram, long DatagramsLost, TimeSpan PingMedian, TimeSpan Ping99);
