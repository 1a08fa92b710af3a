using CsCheck;
using Quiver.Protocol.Buffers;
using Quiver.Protocol.Frames;
using Quiver.Protocol.Primitives;
using Quiver.Testing;

namespace Quiver.Protocol.Tests.Frames;

/// <summary>What a frame writes it reads again, in the length that it says; cut anywhere it says false.</summary>
[Rfc(9000, "19")]
public sealed class FrameRoundTripTests
{
    private static readonly Gen<ulong> s_number = Gen.OneOf(Gen.ULong[0, 63], Gen.ULong[0, 1 << 14], Gen.ULong[0, VarInt.MaxValue]);

    private delegate bool Reader<T>(scoped ref PacketReader reader, out T frame);

    private delegate void Writer<T>(T frame, ref PacketWriter writer);

    [Fact, Rfc(9000, "19.4")]
    public void RESET_STREAM() => Gen.Select(s_number, s_number, s_number).Sample((a, b, c) => Check(
        new ResetStreamFrame(a, b, c), frame => frame.Length, (ResetStreamFrame frame, ref PacketWriter writer) => frame.Write(ref writer), ResetStreamFrame.TryRead));

    [Fact, Rfc(9000, "19.5")]
    public void STOP_SENDING() => Gen.Select(s_number, s_number).Sample((a, b) => Check(
        new StopSendingFrame(a, b), frame => frame.Length, (StopSendingFrame frame, ref PacketWriter writer) => frame.Write(ref writer), StopSendingFrame.TryRead));

    [Fact, Rfc(9000, "19.9")]
    public void MAX_DATA() => s_number.Sample(a => Check(
        new MaxDataFrame(a), frame => frame.Length, (MaxDataFrame frame, ref PacketWriter writer) => frame.Write(ref writer), MaxDataFrame.TryRead));

    [Fact, Rfc(9000, "19.10")]
    public void MAX_STREAM_DATA() => Gen.Select(s_number, s_number).Sample((a, b) => Check(
        new MaxStreamDataFrame(a, b), frame => frame.Length, (MaxStreamDataFrame frame, ref PacketWriter writer) => frame.Write(ref writer), MaxStreamDataFrame.TryRead));

    [Fact, Rfc(9000, "19.12")]
    public void DATA_BLOCKED() => s_number.Sample(a => Check(
        new DataBlockedFrame(a), frame => frame.Length, (DataBlockedFrame frame, ref PacketWriter writer) => frame.Write(ref writer), DataBlockedFrame.TryRead));

    [Fact, Rfc(9000, "19.13")]
    public void STREAM_DATA_BLOCKED() => Gen.Select(s_number, s_number).Sample((a, b) => Check(
        new StreamDataBlockedFrame(a, b), frame => frame.Length, (StreamDataBlockedFrame frame, ref PacketWriter writer) => frame.Write(ref writer), StreamDataBlockedFrame.TryRead));

    [Fact, Rfc(9000, "19.16")]
    public void RETIRE_CONNECTION_ID() => s_number.Sample(a => Check(
        new RetireConnectionIdFrame(a), frame => frame.Length, (RetireConnectionIdFrame frame, ref PacketWriter writer) => frame.Write(ref writer), RetireConnectionIdFrame.TryRead));

    [Fact, Rfc(9000, "19.17")]
    public void PATH_CHALLENGE() => Gen.ULong.Sample(a => Check(
        new PathChallengeFrame(a), _ => PathChallengeFrame.Length, (PathChallengeFrame frame, ref PacketWriter writer) => frame.Write(ref writer), PathChallengeFrame.TryRead));

    [Fact, Rfc(9000, "19.18")]
    public void PATH_RESPONSE() => Gen.ULong.Sample(a => Check(
        new PathResponseFrame(a), _ => PathResponseFrame.Length, (PathResponseFrame frame, ref PacketWriter writer) => frame.Write(ref writer), PathResponseFrame.TryRead));

    [Fact, Rfc(9000, "19.15")]
    public void NEW_CONNECTION_ID() => Gen.Select(s_number, Gen.ULong, Gen.Byte.Array[1, 20]).Sample((a, token, id) => Check(
        new NewConnectionIdFrame(a, a / 2, new ConnectionId(id), new StatelessResetToken(token)),
        frame => frame.Length,
        (NewConnectionIdFrame frame, ref PacketWriter writer) => frame.Write(ref writer),
        NewConnectionIdFrame.TryRead));

    [Fact, Rfc(9000, "19.11")]
    public void MAX_STREAMS() => Gen.Select(Gen.ULong[0, StreamId.MaxCount], Gen.Bool).Sample((count, uni) =>
    {
        var frame = new MaxStreamsFrame(uni ? StreamDirection.Unidirectional : StreamDirection.Bidirectional, count);
        FrameType type = uni ? FrameType.MaxStreamsUnidirectional : FrameType.MaxStreamsBidirectional;
        Check(
            frame,
            f => f.Length,
            (MaxStreamsFrame f, ref PacketWriter writer) => f.Write(ref writer),
            (scoped ref PacketReader reader, out MaxStreamsFrame read) => MaxStreamsFrame.TryRead(ref reader, type, out read));
    });

    [Fact, Rfc(9000, "19.14")]
    public void STREAMS_BLOCKED() => Gen.Select(Gen.ULong[0, StreamId.MaxCount], Gen.Bool).Sample((count, uni) =>
    {
        var frame = new StreamsBlockedFrame(uni ? StreamDirection.Unidirectional : StreamDirection.Bidirectional, count);
        FrameType type = uni ? FrameType.StreamsBlockedUnidirectional : FrameType.StreamsBlockedBidirectional;
        Check(
            frame,
            f => f.Length,
            (StreamsBlockedFrame f, ref PacketWriter writer) => f.Write(ref writer),
            (scoped ref PacketReader reader, out StreamsBlockedFrame read) => StreamsBlockedFrame.TryRead(ref reader, type, out read));
    });

    [Fact, Rfc(9000, "19.8")]
    public void STREAM() => Gen.Select(s_number, Gen.ULong[0, 1UL << 60], Gen.Byte.Array[0, 100], Gen.Bool, Gen.Bool).Sample((id, offset, data, fin, open) =>
    {
        var writer = new PacketWriter(new byte[200]);
        int? length = open ? null : data.Length;
        StreamFrame.WriteHeader(ref writer, new StreamId(id), offset, length, fin);
        Assert.Equal(StreamFrame.HeaderLength(new StreamId(id), offset, length), writer.Position);
        writer.WriteBytes(data);
        var reader = new PacketReader(writer.Written);
        Assert.True(reader.TryReadVarInt(out ulong type));
        Assert.True(StreamFrame.TryRead(ref reader, type, out StreamFrame frame));
        Assert.Equal((id, offset, fin), (frame.Id.Value, frame.Offset, frame.Fin));
        Assert.Equal(data, frame.Data.ToArray());
        Assert.True(reader.IsEmpty);
    });

    [Fact, Rfc(9000, "19.6")]
    public void CRYPTO() => Gen.Select(Gen.ULong[0, 1UL << 60], Gen.Byte.Array[0, 100]).Sample((offset, data) =>
    {
        var writer = new PacketWriter(new byte[200]);
        CryptoFrame.WriteHeader(ref writer, offset, data.Length);
        Assert.Equal(CryptoFrame.HeaderLength(offset, data.Length), writer.Position);
        writer.WriteBytes(data);
        var reader = new PacketReader(writer.Written);
        Assert.True(reader.TryReadVarInt(out _));
        Assert.True(CryptoFrame.TryRead(ref reader, out CryptoFrame frame));
        Assert.Equal(offset, frame.Offset);
        Assert.Equal(data, frame.Data.ToArray());
    });

    [Fact, Rfc(9000, "19.3.1")]
    public void ACK() => Gen.Select(Gen.Select(Gen.ULong[0, 200], Gen.ULong[1, 9]).Array[1, 20], Gen.Bool, Gen.Int[30, 200]).Sample((ranges, ecn, room) =>
    {
        var received = new RangeSet();
        foreach ((ulong start, ulong length) in ranges)
        {
            received.Add(start, start + length);
        }

        EcnCounts counts = ecn ? new EcnCounts(5, 0, 2) : default;
        var writer = new PacketWriter(new byte[room]);
        Assert.True(AckFrame.TryWrite(ref writer, received, 77, counts));
        var reader = new PacketReader(writer.Written);
        Assert.True(reader.TryReadVarInt(out ulong type));
        Assert.True(AckFrame.TryRead(ref reader, (FrameType)type, out AckFrame frame));
        Assert.True(reader.IsEmpty);
        Assert.Equal(received.Max, frame.Largest);
        Assert.Equal(77UL, frame.Delay);
        Assert.Equal(ecn ? counts : null, frame.Ecn);
        int index = received.Count;
        foreach (RangeSet.Range range in frame)
        {
            Assert.Equal(received[--index], range);
        }

        Assert.True(index == 0 || room - writer.Position < 18, "a range that fits was left out");
    });

    private static void Check<T>(T frame, Func<T, int> length, Writer<T> write, Reader<T> read)
        where T : IEquatable<T>
    {
        var writer = new PacketWriter(new byte[100]);
        write(frame, ref writer);
        Assert.Equal(length(frame), writer.Position);
        var reader = new PacketReader(writer.Written);
        Assert.True(reader.TryReadVarInt(out _));
        int body = reader.Position;
        Assert.True(read(ref reader, out T again));
        Assert.Equal(frame, again);
        Assert.True(reader.IsEmpty);
        for (int cut = body; cut < writer.Position; cut++)
        {
            var shorter = new PacketReader(writer.Written[body..cut]);
            Assert.False(read(ref shorter, out _));
        }
    }
}
