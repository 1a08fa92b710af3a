namespace Quiver.Simulation.Attack;

/// <summary>Points in a connection's life at which bad input comes.</summary>
public enum Stage
{
    /// <summary>The server knows nothing; the client has sent its first flight, which is lost.</summary>
    Fresh,

    /// <summary>The server has answered; its answer has not arrived.</summary>
    ServerAnswered,

    /// <summary>The client is done; its Finished has not arrived.</summary>
    ClientFinished,
    Established,

    /// <summary>The server has closed; the client does not know.</summary>
    Closing,

    /// <summary>The client has closed, and the server knows.</summary>
    Draining,
}
