using CsCheck;
using Quiver.Driving;
using Quiver.Protocol.Primitives;

namespace Quiver.Tests.Driving;

public sealed class DeadlineQueueTests
{
    [Fact]
    public void Owners_come_up_in_order_of_their_deadlines()
    {
        Gen.Int[0, 1000].Array[1, 50].Sample(dues =>
        {
            var queue = new DeadlineQueue<int>();
            foreach (int due in dues)
            {
                queue.Schedule(new DeadlineEntry<int>(due), new Timestamp(due));
            }

            List<int> taken = [];
            while (queue.TryTakeDue(new Timestamp(2000), out int owner))
            {
                taken.Add(owner);
            }

            Assert.Equal(dues.Order(), taken);
        });
    }

    [Fact]
    public void Any_sequence_of_changes_agrees_with_a_sorted_list()
    {
        Gen.Select(Gen.Int[0, 9], Gen.Int[0, 100], Gen.Int[0, 3]).Array[1, 200].Sample(steps =>
        {
            var queue = new DeadlineQueue<int>();
            DeadlineEntry<int>[] entries = [.. Enumerable.Range(0, 10).Select(i => new DeadlineEntry<int>(i))];
            var model = new Dictionary<int, int>();
            foreach ((int which, int due, int action) in steps)
            {
                switch (action)
                {
                    case 0:
                        queue.Remove(entries[which]);
                        model.Remove(which);
                        break;
                    case 1:
                        bool any = queue.TryTakeDue(new Timestamp(due), out int owner);
                        Assert.Equal(model.Values.Any(value => value <= due), any);
                        if (any)
                        {
                            Assert.Equal(model.Values.Min(), model[owner]);
                            model.Remove(owner);
                        }

                        break;
                    default:
                        queue.Schedule(entries[which], new Timestamp(due));
                        model[which] = model.TryGetValue(which, out int old) ? Math.Min(old, due) : due;
                        break;
                }

                Assert.Equal(model.Count, queue.Count);
            }
        });
    }

    [Fact]
    public void Not_due_is_not_taken()
    {
        var queue = new DeadlineQueue<string>();
        queue.Schedule(new DeadlineEntry<string>("a"), new Timestamp(10));
        Assert.False(queue.TryTakeDue(new Timestamp(9), out _));
        Assert.True(queue.TryTakeDue(new Timestamp(10), out string owner));
        Assert.Equal("a", owner);
    }

    [Fact]
    public void A_later_deadline_leaves_the_entry_where_it_is()
    {
        var queue = new DeadlineQueue<string>();
        var entry = new DeadlineEntry<string>("a");
        queue.Schedule(entry, new Timestamp(10));
        queue.Schedule(entry, new Timestamp(20));
        Assert.Equal(new Timestamp(10), entry.Due);
    }

    [Fact]
    public void Only_a_waiting_loop_is_woken_and_only_for_an_earlier_deadline_and_only_once()
    {
        var queue = new DeadlineQueue<string>();
        var first = new DeadlineEntry<string>("first");
        var second = new DeadlineEntry<string>("second");
        Assert.False(queue.Schedule(first, new Timestamp(100)));

        Assert.Equal(new Timestamp(100), queue.StartWaiting());
        Assert.False(queue.Schedule(second, new Timestamp(150)));
        Assert.True(queue.Schedule(second, new Timestamp(50)));
        Assert.False(queue.Schedule(second, new Timestamp(40)));

        Assert.Equal(new Timestamp(40), queue.StartWaiting());
        queue.StopWaiting();
        Assert.False(queue.Schedule(first, new Timestamp(1)));
    }

    [Fact]
    public void An_empty_queue_waits_for_ever() => Assert.Equal(Timestamp.Never, new DeadlineQueue<string>().StartWaiting());
}
