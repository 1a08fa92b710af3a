using Quiver.Protocol.Congestion;
using Quiver.Protocol.Primitives;
using Quiver.Testing;

namespace Quiver.Protocol.Tests.Congestion;

public sealed class CubicTests
{
    private const int Datagram = 1000;

    // Long enough for the curve to be ahead of Reno.
    private static readonly TimeSpan s_longTrip = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan s_shortTrip = TimeSpan.FromMilliseconds(10);

    private readonly Cubic _cubic = new(Datagram);
    private Timestamp _now = new(TimeSpan.FromHours(1).Ticks);

    private double Window => _cubic.CongestionWindow / (double)Datagram;

    [Fact]
    [Rfc(9002, "7.2"), Rfc(9002, "7.3.1")]
    public void Window_begins_at_ten_datagrams_and_doubles_each_round_trip()
    {
        Assert.Equal(10, Window);
        Assert.True(_cubic.IsInSlowStart);
        RoundTrips(3, s_longTrip);
        Assert.Equal(80, Window);
    }

    [Fact]
    [Rfc(9438, "4.6"), Rfc(9002, "7.3.2")]
    public void Congestion_leaves_seven_tenths_once_a_round_trip()
    {
        RoundTrips(3, s_longTrip);
        Timestamp sent = _now - s_longTrip;
        _cubic.OnCongestion(sent, _now);
        Assert.Equal(56, Window);
        Assert.False(_cubic.IsInSlowStart);
        _cubic.OnCongestion(sent, _now + s_longTrip);
        Assert.Equal(56, Window);

        // Nor does what was sent before bring growth.
        _cubic.OnAcked(56 * Datagram, sent, wasLimited: true, s_longTrip, _now);
        Assert.Equal(56, Window);
    }

    [Fact]
    [Rfc(9002, "7.2")]
    public void Window_never_falls_below_two_datagrams()
    {
        for (int i = 0; i < 20; i++)
        {
            Congestion();
        }

        Assert.Equal(2, Window);
    }

    // Eighty before, 56 after: K is the cube root of 24 / 0.4, 3.9 s.
    [Fact]
    [Rfc(9438, "4.2"), Rfc(9438, "4.4"), Rfc(9438, "4.5")]
    public void Window_comes_back_along_the_curve_is_flat_where_it_was_full_and_grows_beyond()
    {
        RoundTrips(3, s_longTrip);
        Congestion();
        double[] windows = [.. Enumerable.Range(0, 20).Select(_ => Next(s_longTrip))];
        double[] growth = [.. windows.Zip(windows.Skip(1), (before, after) => after - before)];
        Assert.All(growth, step => Assert.True(step >= 0));
        Assert.InRange(windows[9], 78, 81);

        // Twice as far is as far above as it was below at the start.
        Assert.InRange(windows[19], 104, 110);
        Assert.True(growth[0] > 10 * growth[9], $"{growth[0]} and {growth[9]}");
        Assert.True(growth[18] > 10 * growth[9], $"{growth[18]} and {growth[9]}");
    }

    // On a short round trip the curve is slower than Reno, which a window of 80 would give 40 back at one a round trip.
    [Fact]
    [Rfc(9438, "4.3")]
    public void Where_Reno_would_be_faster_the_window_grows_as_Renos_would_on_average()
    {
        RoundTrips(3, s_shortTrip);
        Congestion();
        double begin = Next(s_shortTrip);
        RoundTrips(20, s_shortTrip);
        Assert.InRange(Window - begin, 20 * 0.5, 20 * 0.53);
        RoundTrips(40, s_shortTrip);

        // What it was before is reached: from here on Reno's whole datagram.
        double above = Window;
        Assert.True(above > 80);
        RoundTrips(20, s_shortTrip);
        Assert.InRange(Window - above, 19, 20.1);
    }

    [Fact]
    [Rfc(9438, "4.7")]
    public void Whoever_is_held_back_earlier_than_last_time_gives_more_room()
    {
        RoundTrips(3, s_longTrip);
        Congestion();
        RoundTrips(2, s_longTrip);
        double second = Window;
        Assert.InRange(second, 60, 79);
        Congestion();
        double[] windows = [.. Enumerable.Range(0, 20).Select(_ => Next(s_longTrip))];
        double plateau = second * 1.7 / 2;

        // K: from seven tenths to 0.85 of it.
        int flat = (int)(Math.Cbrt(second * 0.15 / 0.4) / s_longTrip.TotalSeconds);
        Assert.InRange(windows[flat], plateau - 1, plateau + 1);
    }

    [Fact]
    [Rfc(9438, "4.2"), Rfc(9438, "5.8"), Rfc(9002, "7.8")]
    public void Time_in_which_the_application_has_nothing_to_send_is_none_of_the_curves()
    {
        RoundTrips(3, s_longTrip);
        Congestion();
        RoundTrips(2, s_longTrip);
        double before = Window;
        for (int i = 0; i < 100; i++)
        {
            _now += s_longTrip;
            _cubic.OnAcked(Datagram, _now - s_longTrip, wasLimited: false, s_longTrip, _now);
        }

        Assert.Equal(before, Window);
        _now += TimeSpan.FromMinutes(1);
        Assert.InRange(Next(s_longTrip), before, before + 8);
    }

    [Fact]
    [Rfc(9002, "7.6.2"), Rfc(9438, "4.8")]
    public void After_persistent_congestion_slow_start_leads_to_where_the_curve_begins()
    {
        RoundTrips(3, s_longTrip);
        Congestion();
        _cubic.OnPersistentCongestion();
        Assert.Equal(2, Window);
        Assert.True(_cubic.IsInSlowStart);
        RoundTrips(4, s_longTrip);
        Assert.Equal(32, Window);
        RoundTrips(1, s_longTrip);
        Assert.False(_cubic.IsInSlowStart);

        // Flat at first, where it begins.
        double begin = Next(s_longTrip);
        Assert.InRange(begin, 56, 65);
        RoundTrips(5, s_longTrip);
        Assert.InRange(Window - begin, 0, 6);
    }

    [Fact]
    [Rfc(9000, "9.4")]
    public void Another_path_begins_anew()
    {
        RoundTrips(3, s_longTrip);
        Congestion();
        _cubic.Reset();
        Assert.Equal(10, Window);
        Assert.True(_cubic.IsInSlowStart);
    }

    // Whatever the clock and the round trip say, the window stays one. A91 of the attacks.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(long.MaxValue / 4)]
    public void No_round_trip_and_no_age_makes_the_window_less_or_infinite(long ticks)
    {
        RoundTrips(3, s_longTrip);
        Congestion();
        for (int i = 0; i < 1000; i++)
        {
            double before = Window;
            _now += s_longTrip;
            _cubic.OnAcked(Datagram, _now, wasLimited: true, new TimeSpan(ticks), _now);
            Assert.InRange(Window, before, before + 1.01);
        }
    }

    private double Next(TimeSpan roundTrip)
    {
        RoundTrips(1, roundTrip);
        return Window;
    }

    /// <summary>In each the whole window is acknowledged, datagram by datagram.</summary>
    private void RoundTrips(int count, TimeSpan roundTrip)
    {
        for (int i = 0; i < count; i++)
        {
            int datagrams = (int)(_cubic.CongestionWindow / Datagram);
            for (int j = 0; j < datagrams; j++)
            {
                _now += roundTrip / datagrams;
                _cubic.OnAcked(Datagram, _now, wasLimited: true, roundTrip, _now);
            }
        }
    }

    private void Congestion()
    {
        _now += TimeSpan.FromTicks(1);
        _cubic.OnCongestion(_now, _now);
        _now += TimeSpan.FromTicks(1);
    }
}
