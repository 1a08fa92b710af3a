using Quiver.Protocol.Connections;

namespace Quiver.Driving;

/// <summary>Which datagrams may go out in one call.</summary>
internal static class OutgoingDatagramExtensions
{
    /// <summary>Whether both take the same path with the same ECN bits.</summary>
    public static bool SamePlace(this in OutgoingDatagram a, in OutgoingDatagram b) =>
        a.Remote == b.Remote && a.Ecn == b.Ecn && a.Local == b.Local;
}
