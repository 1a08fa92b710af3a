namespace Quiver.Protocol.Datagrams;

/// <summary>Datagrams of one connection so far.</summary>
internal record struct DatagramCounts(ulong Sent, ulong Acknowledged, ulong Lost, ulong Expired, ulong Dropped, ulong Received);
