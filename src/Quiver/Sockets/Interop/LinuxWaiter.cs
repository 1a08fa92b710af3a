using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Quiver.Sockets.Interop;

/// <summary>Waits in ppoll, nanoseconds exact, for a socket to become readable or for a wake-up through an eventfd.</summary>
[SupportedOSPlatform("linux")]
internal sealed unsafe class LinuxWaiter : IDisposable
{
    private readonly SafeFileHandle _event;

    // 1 from a wake-up until the waiter has taken it, so that a burst of wake-ups costs one system call.
    private int _woken;

    // The thread that waits, once its timers are exact.
    private int _exactThread;

    public LinuxWaiter()
    {
        int descriptor = LibC.CreateEvent(0, LinuxOption.EventNonBlocking | LinuxOption.EventCloseOnExec);
        if (descriptor < 0)
        {
            throw new SocketException((int)Errno.ToSocketError(Marshal.GetLastPInvokeError()));
        }

        _event = new SafeFileHandle(descriptor, ownsHandle: true);
    }

    /// <summary>True when the socket is readable; false after a wake-up or the time-out.</summary>
    public bool Wait(SafeHandle socket, TimeSpan timeout)
    {
        MakeTimersExact();
        PollDescriptor* descriptors = stackalloc PollDescriptor[2];
        descriptors[0] = new PollDescriptor { Descriptor = (int)socket.DangerousGetHandle(), Events = PollDescriptor.Readable };
        descriptors[1] = new PollDescriptor { Descriptor = (int)_event.DangerousGetHandle(), Events = PollDescriptor.Readable };
        if (Poll(descriptors, 2, timeout) <= 0)
        {
            return false;
        }

        if (descriptors[1].Result != 0)
        {
            TakeWakeUp();
        }

        return descriptors[0].Result != 0;
    }

    /// <summary>Waits until the socket has room to send. False after the time-out.</summary>
    public static bool WaitWritable(SafeHandle socket, TimeSpan timeout)
    {
        PollDescriptor descriptor = new() { Descriptor = (int)socket.DangerousGetHandle(), Events = PollDescriptor.Writable };
        return Poll(&descriptor, 1, timeout) > 0;
    }

    public void Wake()
    {
        if (Interlocked.Exchange(ref _woken, 1) == 0)
        {
            try
            {
                ulong one = 1;
                LibC.Write(_event, &one, sizeof(ulong));
            }
            catch (ObjectDisposedException)
            {
                // The loop has ended: nobody is left to wake.
            }
        }
    }

    public void Dispose() => _event.Dispose();

    // By default the kernel may be 50 µs late, to serve several timers at once; pacing wants less.
    private void MakeTimersExact()
    {
        int thread = Environment.CurrentManagedThreadId;
        if (_exactThread != thread)
        {
            _exactThread = thread;
            const nuint OneNanosecond = 1;
            LibC.ControlProcess(LinuxOption.SetTimerSlack, OneNanosecond, 0, 0, 0);
        }
    }

    private void TakeWakeUp()
    {
        ulong value;
        LibC.Read(_event, &value, sizeof(ulong));

        // After the read: a wake-up that comes in between is answered by the return that follows.
        Interlocked.Exchange(ref _woken, 0);
    }

    private static int Poll(PollDescriptor* descriptors, nuint count, TimeSpan timeout)
    {
        bool forever = timeout == Timeout.InfiniteTimeSpan;
        long start = forever ? 0 : Stopwatch.GetTimestamp();
        TimeSpan left = timeout;
        while (true)
        {
            TimeSpec limit = new(left < TimeSpan.Zero ? TimeSpan.Zero : left);
            int ready = LibC.Poll(descriptors, count, forever ? null : &limit, null);
            if (ready >= 0 || Marshal.GetLastPInvokeError() != Errno.Interrupted)
            {
                return ready;
            }

            // The runtime suspends threads with signals; wait for the rest.
            left = forever ? left : timeout - Stopwatch.GetElapsedTime(start);
        }
    }
}
