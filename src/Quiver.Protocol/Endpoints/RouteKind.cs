namespace Quiver.Protocol.Endpoints;

/// <summary>What to do with a datagram.</summary>
internal enum RouteKind
{
    /// <summary>Nothing; it is not for us or not well formed.</summary>
    Drop,

    /// <summary>Hand it to the connection.</summary>
    Deliver,

    /// <summary>Make a server connection from the Initial, then hand it over.</summary>
    Create,

    /// <summary>Keep it in <see cref="EarlyPackets"/>: the Initial of its connection may be on its way.</summary>
    KeepEarly,

    /// <summary>Send the reply that <see cref="ProtocolEndpoint{T}.WriteReply"/> builds (Version Negotiation).</summary>
    Reply,

    /// <summary>The peer reset the connection: tell it by <see cref="Connections.Connection.OnStatelessReset"/>.</summary>
    StatelessReset,
}
