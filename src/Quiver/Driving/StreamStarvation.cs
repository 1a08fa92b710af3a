using Quiver.Protocol.Primitives;

namespace Quiver.Driving;

/// <summary>Since when nobody could open a stream on a connection for want of credit. Under the connection's lock.</summary>
internal struct StreamStarvation()
{
    /// <summary>A peer that is out of credit but does not say that it wants more is given so many times the patience.</summary>
    private const int SilentFactor = 10;

    private bool _isWaiting;

    /// <summary>Never: not starved.</summary>
    public Timestamp Since { get; private set; } = Timestamp.Never;

    /// <summary>Whether <see cref="StarvedConnections"/> looks at the connection.</summary>
    public bool IsWatched { get; set; }

    public readonly bool IsStarved => Since != Timestamp.Never;

    /// <summary>
    /// <paramref name="isWaiting"/>: the peer or an open of ours waits; <paramref name="isOut"/>: the peer has no credit left. Returns
    /// whether the connection is starved and not yet watched.
    /// </summary>
    public bool Note(bool isWaiting, bool isOut, Timestamp now)
    {
        _isWaiting = isWaiting;
        if (!isWaiting && !isOut)
        {
            Since = Timestamp.Never;
            return false;
        }

        if (!IsStarved)
        {
            Since = now;
        }

        bool isNew = !IsWatched;
        IsWatched = true;
        return isNew;
    }

    /// <summary>One who waited got a stream.</summary>
    public void OnProgress() => Since = Timestamp.Never;

    public readonly bool IsLong(TimeSpan patience, Timestamp now) =>
        IsStarved && now - Since >= (_isWaiting ? patience : SilentFactor * patience);
}
