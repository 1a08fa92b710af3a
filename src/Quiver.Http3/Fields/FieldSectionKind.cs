namespace Quiver.Http3.Fields;

/// <summary>Whose fields they are.</summary>
internal enum FieldSectionKind
{
    /// <summary>The header section of a request.</summary>
    Request,

    /// <summary>The header section of a response.</summary>
    Response,

    /// <summary>What comes after the content.</summary>
    Trailers,
}
