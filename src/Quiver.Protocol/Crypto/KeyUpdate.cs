using System.Buffers;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Crypto;

/// <summary>
/// The 1-RTT keys of both directions through their key phases: follows the peer's updates and starts our own before a key wears out.
/// RFC 9001 §6. Old receive keys stay for packets that come late.
/// </summary>
/// <param name="maxFailures">Packets that may fail authentication, by suite; null: the RFC's numbers.</param>
internal sealed class KeyUpdate(Func<CipherSuite, ulong>? maxFailures = null) : IDisposable
{
    /// <summary>Half of what AES-GCM stands, so that the update has as long again to be acknowledged. RFC 9001 §6.6.</summary>
    public const ulong DefaultMaxPackets = 1 << 22;

    private readonly Func<CipherSuite, ulong> _maxFailures = maxFailures ?? AeadLimits.Integrity;
    private PacketProtection? _write;
    private PacketProtection? _read;
    private PacketProtection? _nextRead;
    private PacketProtection? _previousRead;
    private Timestamp _previousExpires;
    private ulong _firstSent;
    private ulong _firstReceived;
    private ulong _sealed;
    private ulong _failed;
    private bool _mayUpdate;
    private Timestamp _settled = Timestamp.Never;
    private bool _isRequested;

    public bool CanRead => _read is not null;

    public bool CanWrite => _write is not null;

    /// <summary>After so many packets we change our keys.</summary>
    public ulong MaxPackets { get; set; } = DefaultMaxPackets;

    /// <summary>How often the keys have changed.</summary>
    public int Updates { get; private set; }

    /// <summary>The Key Phase bit that we send.</summary>
    public bool Phase { get; private set; }

    public void SetRead(PacketProtection protection)
    {
        _read = protection;
        _nextRead = protection.CreateNext();
    }

    /// <summary>Packets from <paramref name="firstNumber"/> on are protected with these; those before were early data.</summary>
    public void SetWrite(PacketProtection protection, ulong firstNumber)
    {
        _write = protection;
        _firstSent = firstNumber;
    }

    public void HeaderMaskForRead(ReadOnlySpan<byte> sample, Span<byte> mask) => _read!.HeaderMask(sample, mask);

    public void HeaderMaskForWrite(ReadOnlySpan<byte> sample, Span<byte> mask) => _write!.HeaderMask(sample, mask);

    /// <summary>To be called before a packet is built, whose header then carries <see cref="Phase"/>.</summary>
    public void BeforeSeal(ulong packetNumber)
    {
        ulong limit = AeadLimits.Confidentiality(_write!.Suite);
        if (_sealed >= limit)
        {
            // A key that has reached its limit must not be used. RFC 9001 §6.6.
            TransportException.Throw(TransportErrorCode.AeadLimitReached, $"{_sealed} packets were protected with one key");
        }

        if ((_isRequested || _sealed >= Math.Min(MaxPackets, limit / 2)) && _mayUpdate && _nextRead is not null)
        {
            Advance(packetNumber);
            _previousExpires = Timestamp.Never; // set by the first packet in the new phase
        }
    }

    /// <summary>Asks for new keys before the limit makes them necessary.</summary>
    public void RequestUpdate() => _isRequested = true;

    public void Seal(ulong packetNumber, ReadOnlySpan<byte> header, Span<byte> payload)
    {
        _sealed++;
        _write!.Seal(packetNumber, header, payload);
    }

    /// <summary>
    /// An update needs an acknowledged packet of the phase before; and a later one waits until the peer has let go of older keys, for
    /// <paramref name="retention"/>, which is three PTOs. RFC 9001 §6.1, §6.5.
    /// </summary>
    public void OnAcked(ulong packetNumber, TimeSpan retention, Timestamp now)
    {
        if (packetNumber < _firstSent)
        {
            return;
        }

        if (_settled == Timestamp.Never)
        {
            _settled = Updates == 0 ? now : now + retention;
        }

        _mayUpdate |= now >= _settled;
    }

    /// <summary>Opens a packet with the keys of its phase; moves on when the peer has updated. <paramref name="retention"/> is three PTOs.</summary>
    public bool TryOpen(
        ulong packetNumber, bool phase, ReadOnlySpan<byte> header, Span<byte> payload, ulong nextSendNumber, TimeSpan retention, Timestamp now)
    {
        if (_previousRead is not null && now > _previousExpires)
        {
            _previousRead.Dispose();
            _previousRead = null;
        }

        bool isCurrent = phase == Phase;
        PacketProtection? keys = isCurrent ? _read : packetNumber < _firstReceived || _firstReceived == ulong.MaxValue ? _previousRead : _nextRead;
        bool isOpened = ReferenceEquals(keys, _nextRead) && _previousRead is not null
            ? TryOpenNext(packetNumber, header, payload)
            : keys is not null && keys.TryOpen(packetNumber, header, payload);
        if (!isOpened)
        {
            // Too many forgeries wear the key out as well. RFC 9001 §6.6.
            if (++_failed >= _maxFailures(_read!.Suite))
            {
                TransportException.Throw(TransportErrorCode.AeadLimitReached, $"{_failed} packets failed authentication");
            }

            return false;
        }

        if (isCurrent)
        {
            if (packetNumber < _firstReceived)
            {
                if (_firstReceived == ulong.MaxValue)
                {
                    _previousExpires = now + retention;
                }

                _firstReceived = packetNumber;
            }
        }
        else if (ReferenceEquals(keys, _nextRead))
        {
            // Nothing of ours has these keys yet, so the peer cannot have seen the last update acknowledged. RFC 9001 §6.2.
            if (_sealed == 0)
            {
                TransportException.Throw(TransportErrorCode.KeyUpdateError, "the peer changes its keys again before the last change was acknowledged");
            }

            Advance(nextSendNumber);
            _firstReceived = packetNumber;
            _previousExpires = now + retention;
        }

        return true;
    }

    public void Dispose()
    {
        _write?.Dispose();
        _read?.Dispose();
        _nextRead?.Dispose();
        _previousRead?.Dispose();
    }

    /// <summary>After what came under newer keys nothing may come under the old ones. RFC 9001 §6.4.</summary>
    private bool TryOpenNext(ulong packetNumber, ReadOnlySpan<byte> header, Span<byte> payload)
    {
        byte[] copy = ArrayPool<byte>.Shared.Rent(payload.Length);
        try
        {
            // Opening in place destroys what it does not authenticate.
            payload.CopyTo(copy);
            if (_nextRead!.TryOpen(packetNumber, header, payload))
            {
                return true;
            }

            if (_previousRead!.TryOpen(packetNumber, header, copy.AsSpan(0, payload.Length)))
            {
                TransportException.Throw(
                    TransportErrorCode.KeyUpdateError, $"packet {packetNumber} has old keys, and packet {_firstReceived} had newer ones");
            }

            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(copy);
        }
    }

    private void Advance(ulong nextSendNumber)
    {
        _previousRead?.Dispose();
        _previousRead = _read;
        _read = _nextRead;
        _nextRead = _read!.CreateNext();
        PacketProtection old = _write!;
        _write = old.CreateNext();
        old.Dispose();
        Phase = !Phase;
        _firstSent = nextSendNumber;
        _firstReceived = ulong.MaxValue;
        _mayUpdate = false;
        _settled = Timestamp.Never;
        _isRequested = false;
        _sealed = 0;
        Updates++;
    }
}
