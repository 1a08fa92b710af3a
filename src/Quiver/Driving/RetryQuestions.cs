using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Quiver.Protocol.Connections;
using Quiver.Protocol.Primitives;

namespace Quiver.Driving;

/// <summary>
/// Clients about whom the application is asked whether they need a Retry: on the thread pool, while the loop goes on. All datagrams of one
/// client get one answer. For the loop's thread, but for the asking.
/// </summary>
internal sealed class RetryQuestions(EndpointLoop loop)
{
    /// <summary>Clients asked about at a time; what comes beyond is dropped, and the client sends again.</summary>
    public const int MaxQuestions = 256;

    /// <summary>Datagrams kept for one: a large ClientHello, shuffled, with a repetition.</summary>
    public const int MaxDatagrams = 4;

    private readonly Dictionary<ConnectionId, Question> _open = [];
    private readonly ConcurrentQueue<Question> _answered = new();

    public void Ask(in ConnectionId client, ReadOnlySpan<byte> datagram, in DatagramArrival arrival)
    {
        if (_open.TryGetValue(client, out Question? known))
        {
            if (known.Datagrams.Count < MaxDatagrams)
            {
                known.Datagrams.Add((datagram.ToArray(), arrival));
            }

            return;
        }

        if (_open.Count == MaxQuestions)
        {
            return;
        }

        var question = new Question(this, client, arrival.Remote);
        question.Datagrams.Add((datagram.ToArray(), arrival));
        _open.Add(client, question);
        ThreadPool.UnsafeQueueUserWorkItem(question, preferLocal: false);
    }

    public bool TryTakeAnswer([NotNullWhen(true)] out Question? answered)
    {
        if (!_answered.TryDequeue(out answered))
        {
            return false;
        }

        _open.Remove(answered.Client);
        return true;
    }

    /// <summary>One client, by its first Destination Connection ID. <see cref="Datagrams"/> is the loop's.</summary>
    internal sealed class Question(RetryQuestions owner, ConnectionId client, PathAddress remote) : IThreadPoolWorkItem
    {
        public ConnectionId Client { get; } = client;

        public List<(byte[] Datagram, DatagramArrival Arrival)> Datagrams { get; } = [];

        public bool NeedsRetry { get; private set; }

        public void Execute() => owner.Answer(this, remote);

        public void Decide(bool needsRetry) => NeedsRetry = needsRetry;
    }

    private void Answer(Question question, in PathAddress remote)
    {
        question.Decide(loop.Listeners.AskForRetry(remote.ToIPEndPoint()));
        _answered.Enqueue(question);
        loop.Wake();
    }
}
