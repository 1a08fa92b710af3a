namespace Quiver.Http3;

/// <summary>Whose response a client wants first. RFC 9218 §4.</summary>
/// <param name="Urgency">0, most urgent, to 7; <see cref="DefaultUrgency"/> unless said.</param>
/// <param name="IsIncremental">Whether parts of the response are of use, so that it can take turns with others.</param>
public readonly record struct Http3Priority(int Urgency, bool IsIncremental)
{
    /// <summary>What is meant when nothing is said.</summary>
    public const int DefaultUrgency = 3;

    /// <summary>What is meant when nothing is said: urgency 3, not incremental.</summary>
    public static Http3Priority Default => new(DefaultUrgency, IsIncremental: false);

    /// <summary>The value of a Priority field.</summary>
    public override string ToString() => IsIncremental ? $"u={Urgency}, i" : $"u={Urgency}";
}
