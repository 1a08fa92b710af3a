using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Congestion;

/// <summary>
/// CUBIC: after congestion the window grows back along a cubic curve over time, flat where it was full before, and never more slowly than
/// Reno's would. Windows in bytes, times in seconds. RFC 9438; what it leaves open is NewReno's, RFC 9002 §7.
/// </summary>
internal sealed class Cubic(int maxDatagramSize) : ICongestionController
{
    /// <summary>How steep the curve is: datagrams per cubed second. RFC 9438 §5.</summary>
    private const double Scale = 0.4;

    /// <summary>What congestion leaves of the window. RFC 9438 §4.6.</summary>
    private const double Decrease = 0.7;

    /// <summary>Datagrams a round trip that, with that decrease, make as much as Reno's one with its half. RFC 9438 §4.3.</summary>
    private const double FriendlyIncrease = 3 * (1 - Decrease) / (1 + Decrease);

    /// <summary>Slow start is steeper than this in a round trip, and the curve never is. RFC 9438 §4.2.</summary>
    private const double MaxGrowth = 1.5;

    private readonly double _datagram = maxDatagramSize;
    private double _window = InitialWindow(maxDatagramSize);
    private double _threshold = double.PositiveInfinity;
    private double _windowBefore;
    private double _plateau;
    private double _plateauAfter;
    private double _reno;
    private TimeSpan _age;
    private bool _hasBegun;
    private Timestamp _lastAck;
    private Timestamp _recoveryStart = new(long.MinValue);

    public ulong CongestionWindow => (ulong)_window;

    public bool IsInSlowStart => _window < _threshold;

    private double MinWindow => 2 * _datagram;

    public void OnAcked(ulong bytes, Timestamp newestSent, bool wasLimited, TimeSpan smoothedRtt, Timestamp now)
    {
        // Time without an ACK, beyond a round trip, is the application's: the curve stands still. RFC 9438 §4.2, §5.8.
        TimeSpan sinceLast = now - _lastAck < smoothedRtt ? now - _lastAck : smoothedRtt;
        _lastAck = now;

        // No growth while in recovery, nor while the application leaves the window unused. RFC 9002 §7.3.2, §7.8.
        if (newestSent <= _recoveryStart || !wasLimited)
        {
            return;
        }

        if (IsInSlowStart)
        {
            _window += bytes;
            return;
        }

        if (_hasBegun)
        {
            _age += sinceLast;
        }
        else
        {
            BeginAvoidance();
        }

        double share = bytes / _window;
        double target = Math.Clamp(WindowAt(_age + smoothedRtt), _window, MaxGrowth * _window);
        _reno += (_reno < _windowBefore ? FriendlyIncrease : 1) * _datagram * share;

        // Where Reno would have more, as much as Reno. RFC 9438 §4.3 to §4.5.
        _window = WindowAt(_age) < _reno ? Math.Max(_window, _reno) : _window + ((target - _window) * share);
    }

    public void OnCongestion(Timestamp sent, Timestamp now)
    {
        // One reaction for each round trip. RFC 9002 §7.3.2.
        if (sent <= _recoveryStart)
        {
            return;
        }

        _recoveryStart = now;
        _windowBefore = _window;

        // Less than the last time: others want room, and get more of it. RFC 9438 §4.7.
        _plateau = _window < _plateau ? _window * (1 + Decrease) / 2 : _window;
        _threshold = _window = Math.Max(_window * Decrease, MinWindow);
        _hasBegun = false;
    }

    public void OnPersistentCongestion()
    {
        // The curve begins where slow start will end. RFC 9438 §4.8.
        _plateau = 0;
        _window = MinWindow;
        _hasBegun = false;
        _recoveryStart = new Timestamp(long.MinValue);
    }

    public void Reset()
    {
        _window = InitialWindow(maxDatagramSize);
        _threshold = double.PositiveInfinity;
        _windowBefore = _plateau = 0;
        _hasBegun = false;
        _recoveryStart = new Timestamp(long.MinValue);
    }

    private void BeginAvoidance()
    {
        _hasBegun = true;
        _age = TimeSpan.Zero;
        _reno = _window;
        _plateau = Math.Max(_plateau, _window);
        _plateauAfter = Math.Cbrt((_plateau - _window) / _datagram / Scale);
    }

    /// <summary>The curve, so long after the stage began. RFC 9438 §4.2.</summary>
    private double WindowAt(TimeSpan age)
    {
        double distance = age.TotalSeconds - _plateauAfter;
        return (Scale * _datagram * distance * distance * distance) + _plateau;
    }

    /// <summary>Ten datagrams, but no more than 14,720 bytes or two datagrams. RFC 9002 §7.2.</summary>
    private static double InitialWindow(int datagram) => Math.Min(10 * datagram, Math.Max(14720, 2 * datagram));
}
