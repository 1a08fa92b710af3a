using Quiver.Protocol.Buffers;

namespace Quiver.Protocol.Tests.Buffers;

public sealed class ContentCacheTests
{
    [Fact]
    public void What_was_given_is_found_by_its_content_and_by_no_other()
    {
        var cache = new ContentCache<Made>(64);
        using var made = new Made([1, 2, 3]);
        cache.Return([1, 2, 3], made);
        Assert.Null(cache.Take([1, 2]));
        Assert.Null(cache.Take([3, 2, 1]));
        Assert.Same(made, cache.Take([1, 2, 3]));
        Assert.Null(cache.Take([1, 2, 3]));
    }

    [Fact]
    public void A_question_for_other_content_on_the_same_place_leaves_what_is_there()
    {
        var cache = new ContentCache<Made>(1);
        using var made = new Made([1]);
        cache.Return([1], made);
        Assert.Null(cache.Take([2]));
        Assert.Same(made, cache.Take([1]));
        Assert.False(made.IsDisposed);
    }

    [Fact]
    public void What_is_displaced_is_disposed()
    {
        var cache = new ContentCache<Made>(1);
        using var first = new Made([1]);
        using var second = new Made([2]);
        cache.Return([1], first);
        cache.Return([2], second);
        Assert.True(first.IsDisposed);
        Assert.False(second.IsDisposed);
        Assert.Same(second, cache.Take([2]));
    }

    private sealed class Made(byte[] content) : IMadeFromContent
    {
        public bool IsDisposed { get; private set; }

        public bool Is(ReadOnlySpan<byte> other) => other.SequenceEqual(content);

        public void Dispose() => IsDisposed = true;
    }
}
