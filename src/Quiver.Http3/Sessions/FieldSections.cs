using System.Buffers;
using Quiver.Http3.Frames;
using Quiver.Http3.Qpack;

namespace Quiver.Http3.Sessions;

/// <summary>
/// QPACK of one connection: encodes and decodes the field sections of all its streams, and moves the instructions between the coders and
/// their streams. RFC 9204. Thread-safe.
/// </summary>
internal sealed class FieldSections
{
    /// <summary>Our table for what we send, if the peer allows as much.</summary>
    private const int EncoderCapacity = 4096;

    /// <summary>Acknowledgments wait for each other up to so many bytes: nobody waits for them, each datagram costs.</summary>
    private const int MaxHeldBack = 16;

    private readonly Lock _encodeLock = new();
    private readonly Lock _decodeLock = new();
    private readonly QpackDecoder _decoder;
    private readonly Dictionary<long, TaskCompletionSource> _waiting = [];
    private readonly CriticalStreamWriter _encoderStream;
    private readonly CriticalStreamWriter _decoderStream;
    private readonly bool _hasDecoderTable;
    private readonly QpackEncoder _encoder = new();

    public FieldSections(Http3Session session, Http3Settings own)
    {
        _hasDecoderTable = own.QpackMaxTableCapacity > 0;
        MaxSectionSize = (int)(own.MaxFieldSectionSize ?? int.MaxValue);
        _decoder = new QpackDecoder((int)own.QpackMaxTableCapacity, (int)own.QpackBlockedStreams, MaxSectionSize);
        _encoderStream = new CriticalStreamWriter(session, StreamTypes.QpackEncoder);
        _decoderStream = new CriticalStreamWriter(session, StreamTypes.QpackDecoder);
    }

    /// <summary>What we take, decoded, in bytes as RFC 9114 §4.2.2 counts them.</summary>
    public int MaxSectionSize { get; }

    /// <summary>The peer's SETTINGS: from now on its table is used. RFC 9204 §3.2.3.</summary>
    public void OnSettings(Http3Settings peer)
    {
        lock (_encodeLock)
        {
            _encoder.Start(peer.QpackMaxTableCapacity, peer.QpackBlockedStreams, EncoderCapacity);
            EnqueueInsertions();
        }

        _encoderStream.Flush();
    }

    public void Encode(long streamId, ReadOnlySpan<FieldLine> lines, IBufferWriter<byte> output)
    {
        lock (_encodeLock)
        {
            _encoder.Encode(streamId, lines, output);
            EnqueueInsertions();
        }

        _encoderStream.Flush();
    }

    /// <summary>
    /// Decodes a section. When it is blocked, <paramref name="unblocked"/> completes once it can be decoded, and is cancelled with its
    /// stream. Throws <see cref="Http3ProtocolException"/>.
    /// </summary>
    public SectionResult Decode(long streamId, ReadOnlySpan<byte> section, List<FieldLine> lines, out Task? unblocked)
    {
        unblocked = null;
        SectionResult result;
        lock (_decodeLock)
        {
            result = _decoder.Decode(streamId, section, lines);
            if (result == SectionResult.Blocked)
            {
                TaskCompletionSource waiter = new(TaskCreationOptions.RunContinuationsAsynchronously);
                _waiting[streamId] = waiter;
                unblocked = waiter.Task;
            }

            if (_decoder.Instructions.WrittenCount >= MaxHeldBack)
            {
                EnqueueAcknowledgments();
            }
        }

        _decoderStream.Flush();
        return result;
    }

    /// <summary>The stream ended before all its sections were read: the peer's encoder must not wait for them. RFC 9204 §2.2.2.2.</summary>
    public void OnStreamCancelled(long streamId)
    {
        if (!_hasDecoderTable)
        {
            return;
        }

        TaskCompletionSource? waiter;
        lock (_decodeLock)
        {
            _waiting.Remove(streamId, out waiter);
            _decoder.OnStreamCancelled(streamId);
            EnqueueAcknowledgments();
        }

        _decoderStream.Flush();
        waiter?.TrySetCanceled();
    }

    /// <summary>Bytes of the peer's encoder stream.</summary>
    public void ReceiveInsertions(ReadOnlySpan<byte> bytes)
    {
        List<TaskCompletionSource>? ready = null;
        lock (_decodeLock)
        {
            ulong before = _decoder.InsertCount;
            _decoder.ReceiveEncoderStream(bytes);
            if (_decoder.InsertCount > before)
            {
                _decoder.AcknowledgeInsertions();
                EnqueueAcknowledgments();
                ready = TakeReady();
            }
        }

        _decoderStream.Flush();
        ready?.ForEach(waiter => waiter.TrySetResult());
    }

    /// <summary>Bytes of the peer's decoder stream.</summary>
    public void ReceiveAcknowledgments(ReadOnlySpan<byte> bytes)
    {
        lock (_encodeLock)
        {
            _encoder.ReceiveDecoderStream(bytes);
        }
    }

    /// <summary>The connection has ended: nobody waits any longer.</summary>
    public void OnEnded()
    {
        TaskCompletionSource[] waiters;
        lock (_decodeLock)
        {
            waiters = [.. _waiting.Values];
            _waiting.Clear();
        }

        foreach (TaskCompletionSource waiter in waiters)
        {
            waiter.TrySetCanceled();
        }
    }

    private List<TaskCompletionSource>? TakeReady()
    {
        List<TaskCompletionSource>? ready = null;
        foreach ((long streamId, TaskCompletionSource waiter) in _waiting)
        {
            if (_decoder.IsUnblocked(streamId))
            {
                _waiting.Remove(streamId);
                (ready ??= []).Add(waiter);
            }
        }

        return ready;
    }

    private void EnqueueInsertions()
    {
        if (_encoder.Instructions.WrittenCount > 0)
        {
            _encoderStream.Enqueue(_encoder.Instructions.WrittenSpan);
            _encoder.Instructions.ResetWrittenCount();
        }
    }

    private void EnqueueAcknowledgments()
    {
        if (_decoder.Instructions.WrittenCount > 0)
        {
            _decoderStream.Enqueue(_decoder.Instructions.WrittenSpan);
            _decoder.Instructions.ResetWrittenCount();
        }
    }
}
