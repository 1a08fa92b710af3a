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

    /// <summary>Answer with <see cref="StatelessAnswers.WriteVersionNegotiation"/>.</summary>
    NegotiateVersion,

    /// <summary>Answer with <see cref="StatelessAnswers.WriteReset"/>: it is for a connection that we do not know, or no longer.</summary>
    Reset,

    /// <summary>Keep it in <see cref="EarlyPackets"/>: the Initial of its connection may be on its way.</summary>
    KeepEarly,

    /// <summary>The peer reset the connection: tell it by <see cref="Connections.Connection.OnStatelessReset"/>.</summary>
    StatelessReset,
}
