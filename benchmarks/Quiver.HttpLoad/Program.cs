using System.Globalization;
using Quiver.HttpLoad;

// Requests per second of one ASP.NET Core app, over HTTP/2 with TLS (Kestrel, SocketsHttpHandler) or HTTP/3 (Kestrel over Quiver, Http3Handler).
// Client and server are two processes; a line of JSON for each measurement.
//   Quiver.HttpLoad [--protocols h2,h3] [--paths plaintext,json] [--connections 1] [--concurrency 100] [--warmup 8] [--duration 5] [--runs 3]
//   Quiver.HttpLoad --paths download --concurrency 1       one response of 1 GB, per --duration
if (args is ["--serve", string protocol])
{
    await AppServer.RunAsync(protocol);
    return;
}

int connections = int.Parse(Option("--connections", "1"), CultureInfo.InvariantCulture);
int concurrency = int.Parse(Option("--concurrency", "100"), CultureInfo.InvariantCulture);
double warmup = double.Parse(Option("--warmup", "8"), CultureInfo.InvariantCulture);
double duration = double.Parse(Option("--duration", "5"), CultureInfo.InvariantCulture);
int runs = int.Parse(Option("--runs", "3"), CultureInfo.InvariantCulture);
string[] protocols = Option("--protocols", "h2,h3").Split(',');
List<LoadRun> loads = [];
foreach (string path in Option("--paths", "plaintext,json").Split(','))
{
    foreach (string name in protocols)
    {
        loads.Add(await LoadRun.StartAsync(name, path, connections, concurrency, warmup));
    }

    // In turns: what disturbs the machine disturbs both.
    for (int run = 0; run < runs; run++)
    {
        foreach (LoadRun load in loads)
        {
            Console.WriteLine(await load.MeasureAsync(duration));
        }
    }

    foreach (LoadRun load in loads)
    {
        await load.DisposeAsync();
    }

    loads.Clear();
}

string Option(string name, string absent)
{
    int index = Array.IndexOf(args, name);
    return index < 0 ? absent : args[index + 1];
}
