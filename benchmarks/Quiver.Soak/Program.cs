using System.Globalization;
using Quiver.Soak;

// dotnet run -c Release --project benchmarks/Quiver.Soak -- --minutes 60 --out docs/soak
// Streams are misused at full speed, in two processes; each second a line of soak.csv, at the end soak.png.
if (args is ["--server"])
{
    await SoakServer.RunAsync();
    return 0;
}

double minutes = 1;
string folder = ".";
for (int i = 0; i + 1 < args.Length; i += 2)
{
    switch (args[i])
    {
        case "--minutes":
            minutes = double.Parse(args[i + 1], CultureInfo.InvariantCulture);
            break;
        case "--out":
            folder = args[i + 1];
            break;
        default:
            Console.Error.WriteLine($"Unknown option {args[i]}: --minutes N, --out FOLDER.");
            return 2;
    }
}

Directory.CreateDirectory(folder);
List<SoakSample> samples = await SoakRun.RunAsync(TimeSpan.FromMinutes(minutes), Path.Combine(folder, "soak.csv"));
SoakPlot.Draw(samples, Path.Combine(folder, "soak.png"));
return SoakVerdict.Write(samples) ? 0 : 1;
