using Quiver.Http3.Qpack;

namespace Quiver.Http3.Messages;

/// <summary>Lists to build and read field sections in; one is kept by each thread.</summary>
internal static class FieldLists
{
    /// <summary>One that has grown beyond this is not kept.</summary>
    private const int MaxKept = 256;

    [ThreadStatic]
    private static List<FieldLine>? s_kept;

    public static List<FieldLine> Rent()
    {
        List<FieldLine> list = s_kept ?? new List<FieldLine>(16);
        s_kept = null;
        return list;
    }

    /// <summary>The caller must not touch it again.</summary>
    public static void Return(List<FieldLine> list)
    {
        if (list.Capacity <= MaxKept)
        {
            list.Clear();
            s_kept = list;
        }
    }
}
