using System.Runtime.InteropServices;

namespace Quiver.Sockets.Interop;

/// <summary>struct timespec on 64-bit Linux.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct TimeSpec(TimeSpan value)
{
    private readonly long _seconds = value.Ticks / TimeSpan.TicksPerSecond;
    private readonly long _nanoseconds = value.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick;

    public override string ToString() => $"{_seconds}.{_nanoseconds:D9} s";
}
