namespace Quiver.Protocol.Paths;

/// <summary>Whether a client may try another path.</summary>
internal enum PathAdmission
{
    /// <summary>It is tried, as soon as the handshake is confirmed.</summary>
    Tried,

    /// <summary>The connection has ended.</summary>
    Ended,

    /// <summary>The peer asked for no migration. RFC 9000 §9.</summary>
    Disabled,

    /// <summary>The peer's packets cannot be told apart by id, so a path of its own would be of no use. RFC 9000 §9.5.</summary>
    NoConnectionIds,

    /// <summary>There are as many as are kept.</summary>
    TooMany,

    /// <summary>There is one between these addresses.</summary>
    Known,
}
