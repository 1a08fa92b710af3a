using System.Globalization;

namespace Quiver.Http3.Server;

/// <summary>Status codes as text, made once.</summary>
internal static class StatusText
{
    private const int Codes = 600;

    private static readonly string?[] s_texts = new string?[Codes];

    /// <summary>0 to 599.</summary>
    public static string Of(int code) => s_texts[code] ??= code.ToString(CultureInfo.InvariantCulture);
}
