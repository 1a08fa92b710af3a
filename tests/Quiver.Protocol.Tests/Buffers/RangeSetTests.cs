using CsCheck;
using Quiver.Protocol.Buffers;

namespace Quiver.Protocol.Tests.Buffers;

public sealed class RangeSetTests
{
    private const int Universe = 64;

    [Fact]
    public void Agrees_with_a_set_of_numbers() =>
        Gen.Select(Gen.Bool, Gen.ULong[0, Universe], Gen.ULong[0, 12]).Array[0, 40].Sample(steps =>
        {
            var set = new RangeSet();
            var model = new SortedSet<ulong>();
            foreach ((bool add, ulong start, ulong length) in steps)
            {
                ulong[] numbers = [.. Enumerable.Range(0, (int)length).Select(i => start + (ulong)i)];
                if (add)
                {
                    bool news = numbers.Any(number => !model.Contains(number));
                    Assert.Equal(news, set.Add(start, start + length));
                    model.UnionWith(numbers);
                }
                else
                {
                    set.Remove(start, start + length);
                    model.ExceptWith(numbers);
                }

                Check(set, model);
            }
        });

    private static void Check(RangeSet set, SortedSet<ulong> model)
    {
        List<ulong> numbers = [];
        ulong? previousEnd = null;
        foreach (RangeSet.Range range in set.Ranges)
        {
            Assert.True(range.Start < range.End);
            Assert.True(previousEnd is null || range.Start > previousEnd, "ranges are apart");
            previousEnd = range.End;
            for (ulong number = range.Start; number < range.End; number++)
            {
                numbers.Add(number);
            }
        }

        Assert.Equal(model, numbers);
        for (ulong number = 0; number < Universe + 12; number++)
        {
            Assert.Equal(model.Contains(number), set.Contains(number));
            int after = set.FirstEndingAfter(number);
            Assert.True(after == set.Count || set[after].End > number);
            Assert.True(after == 0 || set[after - 1].End <= number);
        }

        if (model.Count > 0)
        {
            Assert.Equal(model.Min, set.Min);
            Assert.Equal(model.Max, set.Max);
        }
    }
}
