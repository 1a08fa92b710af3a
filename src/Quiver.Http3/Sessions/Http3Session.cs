using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Quiver.Http3.Datagrams;
using Quiver.Http3.Frames;
using Quiver.Http3.Settings;

namespace Quiver.Http3.Sessions;

/// <summary>
/// What both sides of an HTTP/3 connection share: the SETTINGS of each, QPACK, the unidirectional streams, and the end. RFC 9114 §3, §6.2, §8.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "The token source has no timer and no handle.")]
internal sealed class Http3Session
{
    private readonly TaskCompletionSource<Http3Settings> _settings = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stopping = new();
    private CriticalStreamWriter _control;
    private Http3ProtocolException? _failure;
    private Http3Settings? _peer;

    public Http3Session(QuicConnection connection, Http3Settings own)
    {
        Connection = connection;
        Own = own;
        _control = new CriticalStreamWriter(this, StreamTypes.Control);
        Sections = new FieldSections(this, own);
    }

    public QuicConnection Connection { get; }

    public Http3Settings Own { get; }

    public FieldSections Sections { get; }

    public WorkBudget Budget { get; } = new();

    /// <summary>Null when our settings allow no HTTP datagrams.</summary>
    public DatagramRouter? Datagrams { get; private set; }

    /// <summary>The peer's settings as far as they are known: the defaults, or on a client with early data those of the session before.</summary>
    public Http3Settings Peer => Volatile.Read(ref _peer) ?? Remembered ?? Http3Settings.Default;

    /// <summary>Client: the settings of the session that is resumed, for as long as the server has sent none.</summary>
    public Http3Settings? Remembered { get; init; }

    /// <summary>Completes with the peer's SETTINGS; fails when the connection ends without.</summary>
    public Task<Http3Settings> PeerSettings => _settings.Task;

    /// <summary>Completes when the connection has ended, however.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Cancelled when the connection has ended.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>Why this side closed the connection, if a rule was broken.</summary>
    public Http3ProtocolException? Failure => Volatile.Read(ref _failure);

    /// <summary>Sends SETTINGS and begins to take the peer's streams; request streams go to <paramref name="onRequest"/>, which returns at once.</summary>
    public void Start(IControlEvents events, bool isServer, Action<QuicStream> onRequest, IDatagramTargets targets)
    {
        if (Own.EnableDatagrams)
        {
            Datagrams = new DatagramRouter(this, targets);
            _ = Datagrams.RunAsync();
        }

        SendControl(CreateSettings());
        _ = AcceptAsync(new PeerStreams(this, events, isServer), onRequest);
    }

    /// <summary>Client: the server did not take the early data that a stream of ours was part of. The control stream begins anew.</summary>
    public void OnRejected(CriticalStreamWriter writer)
    {
        if (writer == Volatile.Read(ref _control))
        {
            CriticalStreamWriter control = new(this, StreamTypes.Control);
            control.Enqueue(CreateSettings());
            Volatile.Write(ref _control, control);
            control.Flush();
        }
    }

    public void SendControl(ReadOnlySpan<byte> frames)
    {
        CriticalStreamWriter control = Volatile.Read(ref _control);
        control.Enqueue(frames);
        control.Flush();
    }

    /// <summary>The peer's SETTINGS came.</summary>
    public void OnSettings(Http3Settings settings)
    {
        if (Remembered is not null && Connection.EarlyDataState == QuicEarlyDataState.Accepted)
        {
            SettingsCompatibility.Check(Remembered, settings);
        }

        if (settings.EnableDatagrams && Connection.MaxDatagramSize == 0 && Own.EnableDatagrams)
        {
            // RFC 9297 §2.1.1 with RFC 9221 §3: HTTP datagrams go in QUIC datagrams, which the peer's transport does not take.
            Http3ProtocolException.Throw(Http3ErrorCode.SettingsError, "The peer's settings allow HTTP datagrams, and its transport parameters no datagrams.");
        }

        Volatile.Write(ref _peer, settings);
        Sections.OnSettings(settings);
        _settings.TrySetResult(settings);
    }

    /// <summary>Closes the connection at once with an error; the first counts.</summary>
    public void Fail(Http3ProtocolException failure)
    {
        if (Interlocked.CompareExchange(ref _failure, failure, null) is null)
        {
            Connection.Abort((long)failure.Code);
        }
    }

    public void Fail(Http3ErrorCode code, string reason) => Fail(new Http3ProtocolException(code, reason));

    private ReadOnlySpan<byte> CreateSettings()
    {
        ArrayBufferWriter<byte> frames = new(128);
        SettingsFrame.Write(frames, Own);
        FrameWriter.WriteFrame(frames, Grease.NextReserved(), []);
        return frames.WrittenSpan;
    }

    private async Task AcceptAsync(PeerStreams peerStreams, Action<QuicStream> onRequest)
    {
        try
        {
            while (true)
            {
                QuicStream stream = await Connection.AcceptInboundStreamAsync().ConfigureAwait(false);
                if (stream.Type == QuicStreamType.Unidirectional)
                {
                    _ = peerStreams.ReceiveAsync(stream);
                }
                else
                {
                    onRequest(stream);
                }
            }
        }
        catch (Exception e)
        {
            OnEnded(e);
        }
    }

    private void OnEnded(Exception exception)
    {
        if (exception is not (QuicException or ObjectDisposedException))
        {
            // The options allow no streams, or TLS failed after early data.
            Fail(Http3ErrorCode.InternalError, exception.Message);
        }

        if (_settings.TrySetException(exception))
        {
            // Nobody may be waiting.
            _ = _settings.Task.Exception;
        }

        _stopping.Cancel();
        Sections.OnEnded();
        _ended.TrySetResult();
    }
}
