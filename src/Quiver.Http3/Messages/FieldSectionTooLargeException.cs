using System.Diagnostics.CodeAnalysis;

namespace Quiver.Http3.Messages;

/// <summary>A header or trailer section is larger than our SETTINGS_MAX_FIELD_SECTION_SIZE: a server answers with 431. RFC 9114 §4.2.2.</summary>
[SuppressMessage("Design", "CA1032:Implement standard exception constructors", Justification = "Internal, made in one place.")]
internal sealed class FieldSectionTooLargeException(string message) : Exception(message);
