using System.Diagnostics.CodeAnalysis;
using System.Text;
using Quiver.Protocol.Buffers;
using Quiver.Protocol.Frames;
using Quiver.Protocol.Paths;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Streams;

namespace Quiver.Protocol.Connections;

/// <summary>Reads the frames of an authenticated packet and hands each to its owner: the only place that acts on a frame's type. RFC 9000 §12.4.</summary>
internal sealed class FrameDispatcher(
    ConnectionState state, HandshakeDriver handshake, AckProcessor acks, ConnectionCloser closer, ConnectionPaths paths)
{
    /// <summary>A longer token is not kept: it would leave an Initial too little room for its ClientHello.</summary>
    public const int MaxTokenLength = 512;

    /// <summary>Handles all frames; says whether any asks for an ACK, and whether all only probe a path.</summary>
    public (bool IsAckEliciting, bool IsProbing) Dispatch(in OpenedPacket packet, NetworkPath path, Timestamp now)
    {
        // A packet without frames is a violation. RFC 9000 §12.4.
        if (packet.Payload.IsEmpty)
        {
            TransportException.Throw(TransportErrorCode.ProtocolViolation, "a packet has no frames");
        }

        bool isAckEliciting = false;
        bool isProbing = true;
        var reader = new PacketReader(packet.Payload);
        while (!reader.IsEmpty && !state.IsClosing)
        {
            if (reader.Peek() == (byte)FrameType.Padding)
            {
                reader.SkipZeros();
                continue;
            }

            int start = reader.Position;
            if (!reader.TryReadVarInt(out ulong type))
            {
                FailEncoding((FrameType)0);
            }

            // The type takes its shortest form. RFC 9000 §12.4.
            if (reader.Position - start != VarInt.Length(type))
            {
                TransportException.Throw(TransportErrorCode.ProtocolViolation, $"frame type 0x{type:x} is not in its shortest form", type);
            }

            // Some frames have no place in some packets. RFC 9000 §12.4, §12.5.
            if (!FrameRules.IsAllowed(type, packet.Level))
            {
                TransportException.Throw(TransportErrorCode.ProtocolViolation, $"frame type 0x{type:x} in a packet of {packet.Level}", type);
            }

            isAckEliciting |= FrameRules.IsAckEliciting(type);
            isProbing &= FrameRules.IsProbing(type);
            Dispatch(type, packet, ref reader, path, now);
        }

        return (isAckEliciting, isProbing);
    }

    private void Dispatch(ulong type, in OpenedPacket packet, scoped ref PacketReader reader, NetworkPath path, Timestamp now)
    {
        var frameType = (FrameType)type;
        switch (frameType)
        {
            case FrameType.Ping:
                break;

            case FrameType.Ack or FrameType.AckEcn:
                Check(AckFrame.TryRead(ref reader, frameType, out AckFrame ack), frameType);
                acks.OnAck(packet.Space, ack, now);
                break;

            case FrameType.Crypto:
                Check(CryptoFrame.TryRead(ref reader, out CryptoFrame crypto), frameType);
                handshake.OnCryptoFrame(packet.Space, crypto);
                break;

            case >= FrameType.Stream and <= FrameType.StreamLast:
                Check(StreamFrame.TryRead(ref reader, type, out StreamFrame data), FrameType.Stream);
                if (Streams.Table.FindForReceiving(data.Id, FrameType.Stream) is { } stream)
                {
                    stream.HasEarlyData |= packet.Level == EncryptionLevel.EarlyData;
                    stream.Receive!.OnStreamFrame(data.Offset, data.Data, data.Fin);
                }

                break;

            case FrameType.ResetStream:
                Check(ResetStreamFrame.TryRead(ref reader, out ResetStreamFrame reset), frameType);
                Streams.Table.FindForReceiving(new StreamId(reset.StreamId), frameType)?.Receive!.OnReset(reset.ErrorCode, reset.FinalSize);
                break;

            case FrameType.StopSending:
                Check(StopSendingFrame.TryRead(ref reader, out StopSendingFrame stop), frameType);
                Streams.Table.FindForSending(new StreamId(stop.StreamId), frameType)?.Send!.OnStopSending(stop.ErrorCode);
                break;

            case FrameType.MaxData:
                Check(MaxDataFrame.TryRead(ref reader, out MaxDataFrame maxData), frameType);
                if (Streams.SendCredit.TryRaise(maxData.Maximum))
                {
                    Streams.Scheduler.OnConnectionCredit();
                }

                break;

            case FrameType.MaxStreamData:
                Check(MaxStreamDataFrame.TryRead(ref reader, out MaxStreamDataFrame maxStreamData), frameType);
                Streams.Table.FindForSending(new StreamId(maxStreamData.StreamId), frameType)?.Send!.OnMaxStreamData(maxStreamData.Maximum);
                break;

            case FrameType.MaxStreamsBidirectional or FrameType.MaxStreamsUnidirectional:
                Check(MaxStreamsFrame.TryRead(ref reader, frameType, out MaxStreamsFrame maxStreams), frameType);
                ulong increment = Streams.Table.Outgoing(maxStreams.Direction).Raise(maxStreams.Maximum);
                if (increment > 0)
                {
                    state.Events.OnStreamCreditGranted(maxStreams.Direction, increment);
                }

                break;

            case FrameType.DataBlocked:
                Check(DataBlockedFrame.TryRead(ref reader, out _), frameType);
                break;

            case FrameType.StreamDataBlocked:
                Check(StreamDataBlockedFrame.TryRead(ref reader, out StreamDataBlockedFrame blocked), frameType);
                Streams.Table.FindForReceiving(new StreamId(blocked.StreamId), frameType);
                break;

            case FrameType.StreamsBlockedBidirectional or FrameType.StreamsBlockedUnidirectional:
                Check(StreamsBlockedFrame.TryRead(ref reader, frameType, out StreamsBlockedFrame streamsBlocked), frameType);
                Streams.Table.Incoming(streamsBlocked.Direction).OnStreamsBlocked(streamsBlocked.Limit);
                break;

            case FrameType.NewConnectionId:
                Check(NewConnectionIdFrame.TryRead(ref reader, out NewConnectionIdFrame newId), frameType);
                state.PeerIds.OnNewConnectionId(newId);
                break;

            case FrameType.RetireConnectionId:
                Check(RetireConnectionIdFrame.TryRead(ref reader, out RetireConnectionIdFrame retire), frameType);
                state.LocalIds.OnRetired(retire.SequenceNumber, packet.Destination, now + (3 * state.ProbePeriod));
                break;

            case FrameType.PathChallenge:
                Check(PathChallengeFrame.TryRead(ref reader, out PathChallengeFrame challenge), frameType);
                state.PathResponses.OnChallenge(challenge.Data, path);
                break;

            case FrameType.PathResponse:
                Check(PathResponseFrame.TryRead(ref reader, out PathResponseFrame response), frameType);
                paths.OnResponse(response.Data, now);
                break;

            case FrameType.NewToken:
                Check(NewTokenFrame.TryRead(ref reader, out NewTokenFrame token), frameType);
                Expect(EndpointRole.Client, frameType);
                if (token.Token.Length <= MaxTokenLength)
                {
                    state.Events.OnAddressToken(token.Token);
                }

                break;

            case FrameType.HandshakeDone:
                Expect(EndpointRole.Client, frameType);
                if (!state.IsHandshakeConfirmed)
                {
                    handshake.OnConfirmed();
                }

                break;

            case FrameType.ConnectionCloseTransport or FrameType.ConnectionCloseApplication:
                Check(ConnectionCloseFrame.TryRead(ref reader, frameType, out ConnectionCloseFrame close), frameType);
                closer.OnPeerClosed(close.IsApplication, close.ErrorCode, close.FaultyFrameType, Encoding.UTF8.GetString(close.Reason), now);
                break;

            case FrameType.Datagram or FrameType.DatagramWithLength:
                int before = reader.Position;
                Check(DatagramFrame.TryRead(ref reader, type, out DatagramFrame datagram), frameType);
                state.Datagrams.OnFrame(datagram, VarInt.Length(type) + reader.Position - before);
                break;

            default:
                // An unknown type is an encoding error. RFC 9000 §12.4.
                FailEncoding(frameType);
                break;
        }
    }

    private StreamContext Streams => state.Streams!; // 0-RTT and 1-RTT packets are opened only after the parameters are fixed

    private static void Check(bool ok, FrameType type)
    {
        if (!ok)
        {
            FailEncoding(type);
        }
    }

    [DoesNotReturn]
    private static void FailEncoding(FrameType type) =>
        TransportException.Throw(TransportErrorCode.FrameEncodingError, $"frame {type} is malformed or unknown", (ulong)type);

    private void Expect(EndpointRole receiver, FrameType type)
    {
        // Only servers send HANDSHAKE_DONE and NEW_TOKEN. RFC 9000 §19.7, §19.20.
        if (state.Role != receiver)
        {
            TransportException.Throw(TransportErrorCode.ProtocolViolation, $"a client sent {type}", (ulong)type);
        }
    }
}
