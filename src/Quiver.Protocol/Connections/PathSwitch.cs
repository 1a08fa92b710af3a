using Quiver.Protocol.Paths;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Recovery;

namespace Quiver.Protocol.Connections;

/// <summary>Puts paths into use and out of it, with all that hangs on them: ids, reset tokens, what recovery knows. RFC 9000 §9.3 to §9.5.</summary>
internal sealed class PathSwitch(ConnectionState state)
{
    /// <summary>A probe time-out on a path without a round trip yet. RFC 9000 §8.2.4.</summary>
    private static readonly TimeSpan s_initialProbePeriod = 3 * RttEstimator.InitialRtt;

    private PathTable Paths => state.Paths;

    /// <summary>Everything but probes goes there from now on. It has an id.</summary>
    public void Activate(NetworkPath path)
    {
        path.ForgetAt = Timestamp.Never;
        Paths.Activate(path);
        state.PeerIds.Activate(path.PeerId!, path.Remote); // asked for
        state.Recovery.OnPathChanged();
        NoticeLimit();
        state.Events.OnPathChanged(path.Local, path.Remote);
    }

    /// <summary>The path in use leads to the peer: it gets a congestion state of its own, unless only a port is another. RFC 9000 §9.4.</summary>
    public void Settle(NetworkPath path, Timestamp now)
    {
        NetworkPath old = Paths.Settled;
        if (old == path)
        {
            return;
        }

        Paths.Settle(path);
        state.Recovery.RestartEcn();
        if (old.Remote.Ip != path.Remote.Ip || old.Local.Ip != path.Local.Ip)
        {
            state.Recovery.StartAnew();
        }

        if (old.Remote.Ip != path.Remote.Ip)
        {
            // So that the client's next connection from there is known too. RFC 9000 §9.3.
            state.SendNewToken(now);
        }
    }

    /// <summary>Whether a path has an id of the peer's to send to; takes one if it must. RFC 9000 §9.5.</summary>
    public static bool TryEquip(ConnectionState state, NetworkPath path, bool isToBeUsed = false)
    {
        path.PeerId ??= state.PeerIds.TryTake(path.Remote, isToBeUsed);
        return path.PeerId is { } id && state.PeerIds.TryRenew(id, isToBeUsed);
    }

    /// <summary>A path is of no more use: it is forgotten when what is under way on it has come.</summary>
    public void Leave(NetworkPath path, Timestamp now)
    {
        if (path.ForgetAt == Timestamp.Never)
        {
            path.ForgetAt = now + (3 * state.ProbePeriod);
        }
    }

    /// <summary>Forgets a path that is not in use, and gives its id back.</summary>
    public void Drop(NetworkPath path)
    {
        path.Validator.Stop();
        Paths.Remove(path);
        if (path.PeerId is { } id && !Paths.SharesPeerId(path))
        {
            state.PeerIds.Release(id);
        }

        state.Events.OnPathGone(path);
    }

    public void StartValidation(NetworkPath path, Timestamp now)
    {
        TimeSpan period = state.ProbePeriod;
        path.Validator.Start(period > s_initialProbePeriod ? period : s_initialProbePeriod, now);
    }

    public void NoticeLimit() => state.Recovery.IsBlockedByAmplification = state.Amplification.Available < ConnectionState.BaseDatagramSize;
}
