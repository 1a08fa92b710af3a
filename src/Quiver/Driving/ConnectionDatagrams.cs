using System.Buffers;
using Quiver.Diagnostics;
using Quiver.Protocol.Buffers;
using Quiver.Protocol.Datagrams;
using Quiver.Protocol.Primitives;
using Quiver.Threading;

namespace Quiver.Driving;

/// <summary>The unreliable datagrams of one connection, between the application and the core. RFC 9221.</summary>
internal sealed class ConnectionDatagrams : IDatagramEvents, IThreadPoolWorkItem
{
    /// <summary>Received and not yet taken; what comes beyond is dropped, as the protocol allows (RFC 9221 §5.3), and counted.</summary>
    private const int MaxReceivedBytes = 1 << 20;

    private readonly ConnectionDriver _driver;
    private readonly MessageRing _received = new(MaxReceivedBytes);
    private readonly WaiterQueue<bool> _senders;
    private readonly DatagramReceive _receive;
    private Action<ReadOnlyMemory<byte>>? _callback;
    private CallbackQueue<QuicDatagramOutcome>? _outcomes;
    private bool _isDelivering;

    public ConnectionDatagrams(ConnectionDriver driver)
    {
        _driver = driver;
        _senders = new WaiterQueue<bool>(driver);
        _receive = new DatagramReceive(driver, _received);
    }

    /// <summary>Datagrams that came and were dropped because the application did not take those before. Under the lock.</summary>
    public ulong Overflowed { get; private set; }

    /// <summary>
    /// Before the handshake goes on: whom to call. The connection's handle is not held, nor are the callbacks, which can lead to it: a
    /// handle that the application drops must be free to go.
    /// </summary>
    public void Configure(QuicConnection connection, QuicConnectionOptions options)
    {
        _driver.Core.Datagrams.Events = this;
        var handle = new WeakReference<QuicConnection>(connection);
        if (options.DatagramReceivedCallback is not null)
        {
            _callback = datagram =>
            {
                if (handle.TryGetTarget(out QuicConnection? target))
                {
                    target.DatagramReceived?.Invoke(target, datagram.Span);
                }
            };
        }

        if (options.DatagramOutcomeCallback is not null)
        {
            _outcomes = new CallbackQueue<QuicDatagramOutcome>(
                settled =>
                {
                    if (handle.TryGetTarget(out QuicConnection? target))
                    {
                        target.DatagramSettled?.Invoke(target, settled);
                    }
                },
                e => QuiverLog.DatagramCallbackFailed(QuicDiagnostics.Logger, e));
        }
    }

    public int GetMaxLength()
    {
        _driver.Enter();
        try
        {
            return _driver.Core.MaxDatagramLength;
        }
        finally
        {
            _driver.Leave();
        }
    }

    /// <summary>Sends without waiting; false when the queue is full.</summary>
    public bool TrySend(ReadOnlySpan<byte> data, in QuicDatagramSendOptions options)
    {
        _driver.Enter();
        try
        {
            return TrySendLocked(data, in options);
        }
        finally
        {
            _driver.Leave();
        }
    }

    public ValueTask SendAsync(object root, ReadOnlyMemory<byte> data, QuicDatagramSendOptions options, CancellationToken cancellationToken)
    {
        try
        {
            return TrySend(data.Span, in options) ? ValueTask.CompletedTask : WaitAndSendAsync(root, data, options, cancellationToken);
        }
        catch (Exception e)
        {
            return ValueTask.FromException(e);
        }
    }

    public ValueTask<int> ReceiveAsync(object root, Memory<byte> buffer, CancellationToken cancellationToken) => _callback is null
        ? _receive.ReceiveAsync(root, buffer, cancellationToken)
        : throw new InvalidOperationException($"Datagrams go to the {nameof(QuicConnectionOptions.DatagramReceivedCallback)} of the connection's options.");

    public void OnReceived(ReadOnlySpan<byte> data)
    {
        if (!_received.TryAdd(data))
        {
            Overflowed++;
            return;
        }

        _receive.OnReceived();
        if (_callback is not null && !_isDelivering)
        {
            _isDelivering = true;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    public void OnSettled(long tag, DatagramFate fate) => _outcomes?.Add(new QuicDatagramOutcome { Tag = tag, Status = ToStatus(fate) });

    public void OnRoom()
    {
        while (_senders.TryGive(true))
        {
            // Each tries again, in order.
        }
    }

    public void OnConnectionClosed()
    {
        _receive.OnConnectionClosed();
        while (!_senders.IsEmpty)
        {
            _senders.TryFail(_driver.Closing.CreateException());
        }
    }

    /// <summary>Hands what was received to the application's callback.</summary>
    public void Execute()
    {
        byte[] buffer = [];
        while (TryTake(ref buffer, out int length))
        {
            try
            {
                _callback!(buffer.AsMemory(0, length)); // Only started with one.
            }
            catch (Exception e)
            {
                QuiverLog.DatagramCallbackFailed(QuicDiagnostics.Logger, e);
            }
        }

        ArrayPool<byte>.Shared.Return(buffer);
    }

    private static QuicDatagramStatus ToStatus(DatagramFate fate) => fate switch
    {
        DatagramFate.Acknowledged => QuicDatagramStatus.Acknowledged,
        DatagramFate.Lost => QuicDatagramStatus.Lost,
        DatagramFate.Expired => QuicDatagramStatus.Expired,
        DatagramFate.Dropped => QuicDatagramStatus.Dropped,
        _ => throw new ArgumentOutOfRangeException(nameof(fate)),
    };

    private bool TryTake(ref byte[] buffer, out int length)
    {
        _driver.Enter();
        try
        {
            length = 0;
            if (_received.IsEmpty)
            {
                _isDelivering = false;
                return false;
            }

            if (_received.NextLength > buffer.Length)
            {
                ArrayPool<byte>.Shared.Return(buffer);
                buffer = ArrayPool<byte>.Shared.Rent(_received.NextLength);
            }

            length = _received.Take(buffer);
            return true;
        }
        finally
        {
            _driver.Leave();
        }
    }

    private async ValueTask WaitAndSendAsync(
        object root, ReadOnlyMemory<byte> data, QuicDatagramSendOptions options, CancellationToken cancellationToken)
    {
        while (true)
        {
            Waiter<bool> waiter;
            _driver.Enter();
            try
            {
                if (TrySendLocked(data.Span, in options))
                {
                    return;
                }

                waiter = _senders.Add(root);
            }
            finally
            {
                _driver.Leave();
            }

            await waiter.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private bool TrySendLocked(ReadOnlySpan<byte> data, in QuicDatagramSendOptions options)
    {
        if (_driver.Closing.IsDisposed || _driver.Closing.IsClosed)
        {
            throw _driver.Closing.CreateException();
        }

        Timestamp expires = options.Expiry is TimeSpan expiry ? _driver.Now + expiry : Timestamp.Never;
        switch (_driver.Core.TrySendDatagram(data, options.Priority, expires, options.Tag, _driver.Now))
        {
            case DatagramAdmission.Queued:
                return true;
            case DatagramAdmission.Full:
                return false;
            case DatagramAdmission.TooLarge:
                throw new ArgumentException(
                    $"The datagram has {data.Length} bytes; at most {_driver.Core.MaxDatagramLength} can be sent on this {_driver.Closing.Describe()} now.",
                    nameof(data));
            default:
                throw new InvalidOperationException(
                    $"The peer of this {_driver.Closing.Describe()} takes no datagrams: it must enable them too ({nameof(QuicConnectionOptions.EnableDatagrams)}).");
        }
    }
}
