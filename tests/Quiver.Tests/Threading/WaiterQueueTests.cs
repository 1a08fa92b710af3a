using Quiver.Tests.Infrastructure;
using Quiver.Threading;

namespace Quiver.Tests.Threading;

public sealed class WaiterQueueTests
{
    private readonly Guard _guard = new();

    [Fact]
    public async Task Items_go_to_those_who_wait_in_order()
    {
        var queue = new WaiterQueue<int>(_guard);
        Task<int> first = Wait(queue);
        Task<int> second = Wait(queue);
        Assert.True(Give(queue, 1));
        Assert.True(Give(queue, 2));
        Assert.False(Give(queue, 3));
        Assert.Equal(1, await first);
        Assert.Equal(2, await second);
    }

    [Fact]
    public async Task One_who_is_cancelled_leaves_the_line()
    {
        var queue = new WaiterQueue<int>(_guard);
        using var cancellation = new CancellationTokenSource();
        Task<int> first = Wait(queue, cancellation.Token);
        Task<int> second = Wait(queue);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.True(Give(queue, 7));
        Assert.Equal(7, await second);
        Assert.True(queue.IsEmpty);
    }

    [Fact]
    public async Task Waiting_again_and_again_allocates_nothing()
    {
        var queue = new WaiterQueue<int>(_guard);
        for (int i = 0; i < 10; i++)
        {
            await OnceAsync(queue);
        }

        const int Rounds = 1000;
        bool isSame = true;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Rounds; i++)
        {
            _guard.Enter();
            Waiter<int> waiter = queue.Add(this);
            _guard.Leave();
            ValueTask<int> task = waiter.WaitAsync(CancellationToken.None);
            _guard.Enter();
            queue.TryGive(i);
            _guard.Leave();
            int item = await task;
            isSame &= item == i;
        }

        // The runtime allocates a little now and then on its own account.
        Assert.Equal(0, (GC.GetAllocatedBytesForCurrentThread() - before) / Rounds);
        Assert.True(isSame);
    }

    [Fact]
    public async Task A_race_of_givers_and_cancellers_loses_nothing()
    {
        var queue = new WaiterQueue<int>(_guard);
        const int Count = 2000;
        int given = 0;
        int cancelled = 0;
        for (int i = 0; i < Count; i++)
        {
            using var cancellation = new CancellationTokenSource();
            Task<int> wait = Wait(queue, cancellation.Token);
            Task cancel = Task.Run(cancellation.Cancel);
            bool isGiven = Give(queue, i);
            await cancel;
            try
            {
                Assert.Equal(i, await wait.Soon());
                Assert.True(isGiven);
                given++;
            }
            catch (OperationCanceledException)
            {
                Assert.False(isGiven);
                cancelled++;
            }
        }

        Assert.Equal(Count, given + cancelled);
    }

    private async Task OnceAsync(WaiterQueue<int> queue)
    {
        Task<int> wait = Wait(queue);
        Give(queue, 1);
        await wait;
    }

    private Task<int> Wait(WaiterQueue<int> queue, CancellationToken cancellationToken = default)
    {
        _guard.Enter();
        Waiter<int> waiter = queue.Add(this);
        _guard.Leave();
        return waiter.WaitAsync(cancellationToken).AsTask();
    }

    private bool Give(WaiterQueue<int> queue, int item)
    {
        _guard.Enter();
        bool given = queue.TryGive(item);
        _guard.Leave();
        return given;
    }

    private sealed class Guard : IGuard
    {
        private readonly Lock _lock = new();
        private CompletionList _decided;

        public void Enter() => _lock.Enter();

        public void Leave()
        {
            Completion? decided = _decided.TakeAll();
            _lock.Exit();
            CompletionList.Announce(decided);
        }

        public void OnDecided(Completion completion) => _decided.Add(completion);
    }
}
