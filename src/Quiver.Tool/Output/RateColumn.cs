using Spectre.Console;
using Spectre.Console.Rendering;

namespace Quiver.Tool.Output;

/// <summary>Bytes so far and their rate, beside a progress bar.</summary>
internal sealed class RateColumn(TransferMeter meter) : ProgressColumn
{
    public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) => new Text(meter.ToString());
}
