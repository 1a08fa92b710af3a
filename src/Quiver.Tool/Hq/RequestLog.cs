using System.Globalization;
using System.Net;
using System.Text;

namespace Quiver.Tool.Hq;

/// <summary>One line for each thing that happens. What peers send is escaped: it must not move the cursor of whoever reads the log.</summary>
internal sealed class RequestLog(TextWriter output, bool isQuiet)
{
    private readonly Lock _lock = new();

    public void Write(IPEndPoint? peer, string text)
    {
        if (isQuiet)
        {
            return;
        }

        string time = DateTime.Now.ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture);
        string line = $"{time} {(peer is null ? string.Empty : $"{peer} ")}{Escape(text)}";
        lock (_lock)
        {
            output.WriteLine(line);
            output.Flush();
        }
    }

    private static string Escape(string text)
    {
        if (!text.Any(char.IsControl))
        {
            return text;
        }

        StringBuilder escaped = new(text.Length);
        foreach (char character in text)
        {
            _ = char.IsControl(character)
                ? escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}")
                : escaped.Append(character);
        }

        return escaped.ToString();
    }
}
