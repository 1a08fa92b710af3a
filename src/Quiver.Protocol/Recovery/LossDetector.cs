using Quiver.Protocol.Congestion;
using Quiver.Protocol.Frames;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Recovery;

/// <summary>Finds out what arrived and what was lost, and when to probe. RFC 9002 §6 and appendix A.</summary>
internal sealed class LossDetector(EndpointRole role, Pacer pacer)
{
    /// <summary>Packets by which one must be overtaken to count as lost. RFC 9002 §6.1.1.</summary>
    private const ulong PacketThreshold = 3;

    /// <summary>PTOs within which everything is lost when congestion is persistent. RFC 9002 §7.6.1.</summary>
    private const int PersistentCongestionThreshold = 3;

    private readonly SpaceRecovery[] _spaces = [new(), new(), new()];
    private readonly EcnValidator _ecn = new();
    private int _ptoCount;
    private ulong _bytesInFlight;
    private bool _wasLimited;
    private Timestamp? _firstRttSample;
    private ulong _firstOnPath;

    public RttEstimator Rtt { get; } = new();

    /// <summary>Replaced, if at all, before there is data to send.</summary>
    public required ICongestionController Congestion { get; set; }

    public Pacer Pacer => pacer;

    public ulong BytesInFlight => _bytesInFlight;

    /// <summary>Packets that were found lost, whether or not they came after all.</summary>
    public long PacketsLost { get; private set; }

    public EcnCodepoint EcnCodepoint => _ecn.Codepoint;

    /// <summary>Probe time-outs in a row without an ACK.</summary>
    public int ProbeTimeouts => _ptoCount;

    /// <summary>The peer's max_ack_delay. RFC 9000 §18.2.</summary>
    public TimeSpan PeerMaxAckDelay { get; set; } = TransportParameters.TransportParameterSet.DefaultMaxAckDelay;

    public bool IsHandshakeConfirmed { get; set; }

    /// <summary>A server may not send more until the client's address is validated: no timer then. RFC 9002 §6.2.2.1.</summary>
    public bool IsBlockedByAmplification { get; set; }

    /// <summary>A client whose address the server has not validated must keep probing. RFC 9002 §6.2.2.1.</summary>
    public bool PeerHasValidatedAddress { get; set; } = role == EndpointRole.Server;

    public bool HasHandshakeKeys { get; set; }

    public SpaceRecovery Space(PacketNumberSpace space) => _spaces[(int)space];

    /// <summary>Whether the window allows another datagram.</summary>
    public bool MaySend(int bytes)
    {
        if (_bytesInFlight + (ulong)bytes <= Congestion.CongestionWindow)
        {
            return true;
        }

        _wasLimited = true;
        return false;
    }

    public void OnPacketSent(PacketNumberSpace spaceId, ulong frameMark, int size, bool isAckEliciting, bool isInFlight, EcnCodepoint ecn, Timestamp now)
    {
        SpaceRecovery space = _spaces[(int)spaceId];
        space.Log.Commit(frameMark, isInFlight ? size : 0, isAckEliciting, ecn, now);
        _ecn.OnSent(space, ecn);
        if (isAckEliciting)
        {
            space.LastAckElicitingSent = now;
            space.AckElicitingInFlight++;
        }

        if (isInFlight)
        {
            // Not by a packet that goes by another path.
            space.ProbesPending = isAckEliciting ? Math.Max(0, space.ProbesPending - 1) : space.ProbesPending;
            _bytesInFlight += (ulong)size;
            pacer.OnSent(size);
        }
    }

    public void OnAck(PacketNumberSpace spaceId, in AckFrame ack, TimeSpan ackDelay, Timestamp now)
    {
        SpaceRecovery space = _spaces[(int)spaceId];
        SentPacketLog log = space.Log;

        // A packet that was never sent cannot be acknowledged. RFC 9000 §13.1.
        if (ack.Largest >= log.NextPacketNumber)
        {
            TransportException.Throw(TransportErrorCode.ProtocolViolation, $"ACK of packet {ack.Largest}, which was not sent", (ulong)FrameType.Ack);
        }

        ulong bytes = 0;
        ulong bytesOnPath = 0;
        ulong marked = 0;
        bool anyEliciting = false;
        bool largestIsNew = false;
        Timestamp newestSent = new(long.MinValue);
        foreach (Buffers.RangeSet.Range range in ack)
        {
            if (range.End <= log.Oldest)
            {
                break;
            }

            for (ulong number = Math.Max(range.Start, log.Oldest); number < range.End; number++)
            {
                ref SentPacket packet = ref log[number];
                if (packet.State == SentPacketState.Skipped)
                {
                    // An ACK of a number that was left out shows an optimistic ACK. RFC 9000 §21.4.
                    TransportException.Throw(TransportErrorCode.ProtocolViolation, $"ACK of packet {number}, which was skipped", (ulong)FrameType.Ack);
                }

                if (packet.State != SentPacketState.Outstanding)
                {
                    continue;
                }

                packet.State = SentPacketState.Acked;
                bytes += (ulong)packet.Size;
                bytesOnPath += number >= _firstOnPath ? (ulong)packet.Size : 0;
                anyEliciting |= packet.IsAckEliciting;
                largestIsNew |= number == ack.Largest;
                newestSent = Timestamp.Max(newestSent, packet.TimeSent);
                marked += packet.Ecn == EcnCodepoint.Ect0 && number >= _firstOnPath ? 1UL : 0;
                space.AckElicitingInFlight -= packet.IsAckEliciting ? 1 : 0;
                TellAcked(log, packet);
            }
        }

        if (newestSent.Ticks == long.MinValue)
        {
            return;
        }

        // A sample only if the largest is newly acknowledged and something ack-eliciting is. RFC 9002 §5.1.
        if (largestIsNew && anyEliciting && IsOnPath(log, ack.Largest))
        {
            // The peer's delay counts only as far as it promised, once the handshake is confirmed. RFC 9002 §5.3.
            TimeSpan delay = spaceId != PacketNumberSpace.Application ? TimeSpan.Zero
                : IsHandshakeConfirmed && ackDelay > PeerMaxAckDelay ? PeerMaxAckDelay : ackDelay;
            Rtt.AddSample(now - log[ack.Largest].TimeSent, delay);
            _firstRttSample ??= now;
        }

        if (largestIsNew && (long)ack.Largest > space.LargestAcked && _ecn.OnAck(space, ack.Ecn, marked) && ack.Largest >= _firstOnPath)
        {
            Congestion.OnCongestion(log[ack.Largest].TimeSent, now);
        }

        space.LargestAcked = Math.Max(space.LargestAcked, (long)ack.Largest);
        bool wasLimited = _wasLimited || 2 * _bytesInFlight >= Congestion.CongestionWindow;
        _bytesInFlight -= bytes;
        DetectLost(space, now);
        Congestion.OnAcked(bytesOnPath, newestSent, wasLimited, Rtt.Smoothed, now);
        _wasLimited = false;
        if (PeerHasValidatedAddress)
        {
            // Otherwise a client keeps its back-off, so as not to hit a server that still validates. RFC 9002 §6.2.1.
            _ptoCount = 0;
        }

        log.Trim();
    }

    /// <summary>The next loss or probe time-out. RFC 9002 §A.8.</summary>
    public Timestamp NextTimeout()
    {
        Timestamp loss = Timestamp.Min(_spaces[0].LossTime, Timestamp.Min(_spaces[1].LossTime, _spaces[2].LossTime));
        if (loss != Timestamp.Never)
        {
            return loss;
        }

        return IsBlockedByAmplification ? Timestamp.Never : NextProbe(out _);
    }

    public void OnTimeout(Timestamp now)
    {
        bool detected = false;
        foreach (SpaceRecovery space in _spaces)
        {
            if (space.LossTime <= now)
            {
                DetectLost(space, now);
                space.Log.Trim();
                detected = true;
            }
        }

        if (detected || IsBlockedByAmplification || NextProbe(out PacketNumberSpace probed) > now)
        {
            return;
        }

        SpaceRecovery target = _spaces[(int)probed];

        // One or two ack-eliciting datagrams; their content is what is oldest without an ACK. RFC 9002 §6.2.4.
        target.ProbesPending = target.AckElicitingInFlight > 0 ? 2 : 1;
        if (probed == PacketNumberSpace.Initial && _spaces[(int)PacketNumberSpace.Handshake].AckElicitingInFlight > 0)
        {
            _spaces[(int)PacketNumberSpace.Handshake].ProbesPending = 1;
            SendAgain(PacketNumberSpace.Handshake);
        }

        SendAgain(probed);
        SpaceRecovery application = _spaces[(int)PacketNumberSpace.Application];
        if (probed == PacketNumberSpace.Initial && role == EndpointRole.Client && application.AckElicitingInFlight > 0)
        {
            // Early data may have been lost with the first Initial, and has no probe of its own yet. RFC 9002 §6.2.4.
            application.ProbesPending = 1;
            SendAgain(PacketNumberSpace.Application);
        }

        _ptoCount++;
    }

    /// <summary>
    /// A second probe finds that the first has taken all: it carries the same once more, so that one of the two may be lost as well. RFC 9002 §6.2.4.
    /// </summary>
    public void FillProbe(PacketNumberSpace spaceId) => SendAgain(spaceId);

    /// <summary>The keys of a space are gone: nothing in it counts any more. RFC 9002 §6.4.</summary>
    public void Discard(PacketNumberSpace spaceId)
    {
        SpaceRecovery space = _spaces[(int)spaceId];
        if (space.IsDiscarded)
        {
            return;
        }

        for (ulong number = space.Log.Oldest; number < space.Log.NextPacketNumber; number++)
        {
            if (space.Log[number].State == SentPacketState.Outstanding)
            {
                _bytesInFlight -= (ulong)space.Log[number].Size;
            }
        }

        space.Log.Release();
        space.IsDiscarded = true;
        space.LossTime = Timestamp.Never;
        space.AckElicitingInFlight = 0;
        space.ProbesPending = 0;
        _ptoCount = 0;
    }

    /// <summary>Packets go by another path from now on: those sent before say nothing of it. RFC 9000 §9.4.</summary>
    public void OnPathChanged()
    {
        _firstOnPath = _spaces[(int)PacketNumberSpace.Application].Log.NextPacketNumber;
        _ptoCount = 0;
    }

    /// <summary>The path in use may carry ECN marks or not: to be found out. RFC 9000 §13.4.2.</summary>
    public void RestartEcn() => _ecn.Restart();

    /// <summary>The path in use has no more than its first window and no round trip yet; what is under way on others does not fill that window. RFC 9000 §9.4.</summary>
    public void StartAnew()
    {
        SentPacketLog log = _spaces[(int)PacketNumberSpace.Application].Log;
        for (ulong number = log.Oldest; number < Math.Min(_firstOnPath, log.NextPacketNumber); number++)
        {
            if (log[number].State == SentPacketState.Outstanding)
            {
                _bytesInFlight -= (ulong)log[number].Size;
                log[number].Size = 0;
            }
        }

        Congestion.Reset();
        pacer.Reset();
        Rtt.Reset();
        _firstRttSample = null;
    }

    /// <summary>All packets of a space count as lost without being congestion: after a Retry they are sent anew (RFC 9002 §6.3), and early
    /// data that was refused was never there.</summary>
    public void ForgetSent(PacketNumberSpace spaceId)
    {
        SpaceRecovery space = _spaces[(int)spaceId];
        for (ulong number = space.Log.Oldest; number < space.Log.NextPacketNumber; number++)
        {
            ref SentPacket packet = ref space.Log[number];
            if (packet.State == SentPacketState.Outstanding)
            {
                packet.State = SentPacketState.Lost;
                _bytesInFlight -= (ulong)packet.Size;
                TellLost(space.Log, packet);
            }
        }

        space.AckElicitingInFlight = 0;
        space.ProbesPending = 0;
        space.LossTime = Timestamp.Never;
        _ptoCount = 0;
        space.Log.Trim();
    }

    /// <summary>Client: another connection begins, so packet numbers do too. RFC 9000 §12.3.</summary>
    public void Restart(PacketNumberSpace spaceId)
    {
        ForgetSent(spaceId);
        _spaces[(int)spaceId].Log.Restart();
    }

    private static void TellAcked(SentPacketLog log, in SentPacket packet)
    {
        for (ulong i = 0; i < (ulong)packet.FrameCount; i++)
        {
            SentFrame frame = log.Frame(packet.FirstFrame + i);
            frame.Owner.OnAcked(frame);
        }
    }

    private static void TellLost(SentPacketLog log, in SentPacket packet)
    {
        for (ulong i = 0; i < (ulong)packet.FrameCount; i++)
        {
            SentFrame frame = log.Frame(packet.FirstFrame + i);
            frame.Owner.OnLost(frame);
        }
    }

    /// <summary>Whether a packet went by the path in use: probes of others ask for an ACK and have no size.</summary>
    private bool IsOnPath(SentPacketLog log, ulong number) => number >= _firstOnPath && (log[number].Size > 0 || !log[number].IsAckEliciting);

    /// <summary>
    /// Has the frames of the oldest packets sent again, without taking the packets for lost; packets with nothing to repeat do not count.
    /// </summary>
    private void SendAgain(PacketNumberSpace spaceId)
    {
        // A handshake flight is short and all of it is needed; of data, as much as two probes carry.
        int packets = spaceId == PacketNumberSpace.Application ? 2 : int.MaxValue;
        SentPacketLog log = _spaces[(int)spaceId].Log;
        for (ulong number = log.Oldest; number < log.NextPacketNumber && packets > 0; number++)
        {
            if (log[number].State == SentPacketState.Outstanding && log[number].IsAckEliciting && TrySendAgain(log, log[number]))
            {
                packets--;
            }
        }
    }

    private static bool TrySendAgain(SentPacketLog log, in SentPacket packet)
    {
        bool isAny = false;
        for (ulong i = 0; i < (ulong)packet.FrameCount; i++)
        {
            SentFrame frame = log.Frame(packet.FirstFrame + i);

            // Never sent again, so it hears of a loss only when there is one. RFC 9221 §5.
            if (frame.Type != FrameType.Datagram)
            {
                frame.Owner.OnLost(frame);
                isAny = true;
            }
        }

        return isAny;
    }

    private void DetectLost(SpaceRecovery space, Timestamp now)
    {
        space.LossTime = Timestamp.Never;
        if (space.LargestAcked < 0)
        {
            return;
        }

        // 9/8 of a round trip, at least the granularity. RFC 9002 §6.1.2.
        TimeSpan rtt = Rtt.Latest > Rtt.Smoothed ? Rtt.Latest : Rtt.Smoothed;
        TimeSpan threshold = new(Math.Max(rtt.Ticks * 9 / 8, ProbeTimeout.Granularity.Ticks));
        ulong largest = (ulong)space.LargestAcked;
        SentPacketLog log = space.Log;
        Timestamp newestLost = new(long.MinValue);
        var persistence = new PersistentCongestion(_firstRttSample);
        for (ulong number = log.Oldest; number < largest; number++)
        {
            ref SentPacket packet = ref log[number];
            if (packet.State != SentPacketState.Outstanding)
            {
                if (packet.State == SentPacketState.Acked)
                {
                    persistence.OnAcked();
                }

                continue;
            }

            if (now - packet.TimeSent < threshold && largest < number + PacketThreshold)
            {
                space.LossTime = Timestamp.Min(space.LossTime, packet.TimeSent + threshold);
                continue;
            }

            packet.State = SentPacketState.Lost;
            PacketsLost++;
            _bytesInFlight -= (ulong)packet.Size;
            space.AckElicitingInFlight -= packet.IsAckEliciting ? 1 : 0;
            if (number >= _firstOnPath)
            {
                _ecn.OnLost(packet);
                newestLost = packet.Size > 0 ? packet.TimeSent : newestLost;
            }

            if (packet.IsAckEliciting && number >= _firstOnPath)
            {
                persistence.OnLost(packet.TimeSent);
            }

            TellLost(log, packet);
        }

        if (newestLost.Ticks == long.MinValue)
        {
            return;
        }

        Congestion.OnCongestion(newestLost, now);
        if (persistence.Longest >= ProbeTimeout.Period(Rtt, PeerMaxAckDelay) * PersistentCongestionThreshold)
        {
            Congestion.OnPersistentCongestion();
        }
    }

    private Timestamp NextProbe(out PacketNumberSpace probed)
    {
        probed = PacketNumberSpace.Initial;
        TimeSpan period = ProbeTimeout.Period(Rtt, TimeSpan.Zero);
        bool anyInFlight = false;
        Timestamp earliest = Timestamp.Never;
        for (int i = 0; i < _spaces.Length; i++)
        {
            if (_spaces[i].AckElicitingInFlight == 0)
            {
                continue;
            }

            anyInFlight = true;
            var id = (PacketNumberSpace)i;
            if (id == PacketNumberSpace.Application)
            {
                // Not before the handshake is confirmed: the peer may lack the keys. RFC 9002 §6.2.1.
                if (!IsHandshakeConfirmed)
                {
                    continue;
                }

                period += PeerMaxAckDelay;
            }

            Timestamp due = _spaces[i].LastAckElicitingSent + ProbeTimeout.BackedOff(period, _ptoCount);
            if (due < earliest)
            {
                earliest = due;
                probed = id;
            }
        }

        if ((!anyInFlight || earliest == Timestamp.Never) && !PeerHasValidatedAddress)
        {
            // The server may be out of credit: the client must send something. RFC 9002 §6.2.2.1.
            probed = HasHandshakeKeys ? PacketNumberSpace.Handshake : PacketNumberSpace.Initial;
            Timestamp last = Timestamp.Max(_spaces[0].LastAckElicitingSent, _spaces[1].LastAckElicitingSent);
            return last + ProbeTimeout.BackedOff(period, _ptoCount);
        }

        return earliest;
    }
}
