using System.Net;
using System.Net.Sockets;
using Quiver.Driving;
using Quiver.Tests.Infrastructure;

namespace Quiver.Tests.Driving;

public sealed class EndpointRegistryTests
{
    private static readonly IPEndPoint s_any = new(IPAddress.Loopback, 0);

    [Fact]
    public async Task Users_of_one_endpoint_share_its_loop_and_the_last_one_closes_it()
    {
        EndpointLoop first = EndpointRegistry.AcquireBound(s_any);
        EndpointLoop second = EndpointRegistry.AcquireBound(first.LocalEndPoint);
        Assert.Same(first, second);
        await EndpointRegistry.ReleaseAsync(first).Soon();
        Assert.False(first.Closed.IsCompleted);
        await EndpointRegistry.ReleaseAsync(second).Soon();
        Assert.True(first.Closed.IsCompleted);

        EndpointLoop third = EndpointRegistry.AcquireBound(first.LocalEndPoint);
        Assert.NotSame(first, third);
        Assert.Equal(first.LocalEndPoint, third.LocalEndPoint);
        await EndpointRegistry.ReleaseAsync(third).Soon();
    }

    [Fact]
    public async Task Closing_and_opening_one_endpoint_from_many_threads_never_finds_it_in_use()
    {
        EndpointLoop start = EndpointRegistry.AcquireBound(s_any);
        IPEndPoint endPoint = start.LocalEndPoint;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(() =>
        {
            for (int i = 0; i < 50; i++)
            {
                _ = EndpointRegistry.ReleaseAsync(EndpointRegistry.AcquireBound(endPoint));
            }
        })));
        await EndpointRegistry.ReleaseAsync(start).Soon();
    }

    [Fact]
    public async Task A_shared_loop_that_nobody_uses_closes_after_a_while()
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "no IPv6 here");
        EndpointLoop loop = EndpointRegistry.AcquireShared(AddressFamily.InterNetworkV6);
        await EndpointRegistry.ReleaseAsync(loop).Soon();
        Assert.False(loop.Closed.IsCompleted);
        await loop.Closed.Soon();
    }
}
