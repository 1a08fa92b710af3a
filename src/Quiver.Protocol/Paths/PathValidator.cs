using System.Runtime.CompilerServices;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Paths;

/// <summary>Validates one path: which challenges are out, when the next is due, when to give up. RFC 9000 §8.2.</summary>
internal sealed class PathValidator
{
    /// <summary>Challenges of one validation, one each period; it has failed a period after the last. RFC 9000 §8.2.4.</summary>
    public const int MaxChallenges = 3;

    private Challenges _sent;
    private int _sentCount;
    private int _periods;
    private TimeSpan _period;
    private Timestamp _next;

    public bool IsRunning { get; private set; }

    /// <summary>Whether a challenge is to be sent as soon as the path may carry it.</summary>
    public bool IsChallengeDue { get; private set; }

    public Timestamp Deadline => IsRunning ? _next : Timestamp.Never;

    public void Start(TimeSpan period, Timestamp now)
    {
        IsRunning = IsChallengeDue = true;
        _sentCount = 0;
        _periods = 1;
        _period = period;
        _next = now + period;
    }

    public void Stop() => IsRunning = IsChallengeDue = false;

    /// <summary>A challenge goes out; each has data of its own. RFC 9000 §8.2.1.</summary>
    public void OnSent(ulong data, bool isFullSize)
    {
        IsChallengeDue = false;
        _sent[_sentCount++] = new Challenge(data, isFullSize);
    }

    /// <summary>Whether a PATH_RESPONSE, wherever it came from, answers one of ours, and if so whether that was of full size. RFC 9000 §8.2.3.</summary>
    public bool TryAccept(ulong data, out bool isFullSize)
    {
        isFullSize = false;
        for (int i = 0; IsRunning && i < _sentCount; i++)
        {
            if (_sent[i].Data == data)
            {
                isFullSize = _sent[i].IsFullSize;
                Stop();
                return true;
            }
        }

        return false;
    }

    /// <summary>True when the validation has just failed.</summary>
    public bool OnTimeout(Timestamp now)
    {
        if (now < Deadline)
        {
            return false;
        }

        if (_periods == MaxChallenges)
        {
            Stop();
            return true;
        }

        _periods++;
        _next = now + _period;
        IsChallengeDue = true;
        return false;
    }

    private readonly record struct Challenge(ulong Data, bool IsFullSize);

    [InlineArray(MaxChallenges)]
    private struct Challenges
    {
        private Challenge _first;
    }
}
