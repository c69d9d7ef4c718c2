using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using FewShot.Data.Downloads;
using FewShot.Tasks;
using FewShot.Tests.Tasks;
using Xunit;
using static FewShot.Tests.Tasks.TaskTestData;

namespace FewShot.Tests.Data;

public sealed class DatasetDownloaderTests
{
    private static readonly byte[] s_content = [.. Enumerable.Range(0, 300_000).Select(i => (byte)(i * 31 / 7))];

    [Fact]
    public async Task A_file_is_fetched_verified_and_left_alone_afterwards()
    {
        using var server = new Server();
        using var folder = new TemporaryFolder();
        var progress = new List<DownloadProgress>();
        Assert.Equal(Path.Combine(folder.Path, "set"), await Get(server, folder, progress: new Collect(progress)));
        Assert.Equal(s_content, File.ReadAllBytes(Target(folder)));
        Assert.False(File.Exists(Target(folder) + ".part"));
        Assert.Equal((s_content.Length, s_content.Length), (progress[^1].BytesDone, progress[^1].BytesTotal));
        await Get(server, folder);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_connection_that_drops_is_continued_where_it_stopped()
    {
        using var server = new Server { DropAfter = 100_000 };
        using var folder = new TemporaryFolder();
        await Get(server, folder);
        Assert.Equal(s_content, File.ReadAllBytes(Target(folder)));
        Assert.True(server.Requests.Count >= 3);
        Assert.Null(server.Requests[0]);
        Assert.All(server.Requests.Skip(1), from => Assert.True(from > 0));
    }

    [Fact]
    public async Task An_earlier_part_is_continued_with_a_range_or_replaced_where_the_server_knows_none()
    {
        foreach (bool ranges in new[] { true, false })
        {
            using var server = new Server { Ranges = ranges };
            using var folder = new TemporaryFolder();
            folder.Write("set/file.bin.part", s_content[..123_456]);
            await Get(server, folder);
            Assert.Equal(s_content, File.ReadAllBytes(Target(folder)));
            Assert.Equal([123_456L], server.Requests);
        }
    }

    [Fact]
    public async Task A_server_that_sends_more_than_the_file_has_is_not_listened_to()
    {
        using var server = new Server();
        using var folder = new TemporaryFolder();
        DataException error = await Assert.ThrowsAsync<DataException>(() => Get(server, folder, most: 200_000));
        Assert.Contains("sends 300000 bytes or more, where 'file.bin' has at most 200000", error.Message, StringComparison.Ordinal);
        Assert.Single(server.Requests);
        Assert.False(File.Exists(Target(folder)));
    }

    [Fact]
    public async Task A_part_of_another_file_is_noticed_and_thrown_away()
    {
        using var server = new Server();
        using var folder = new TemporaryFolder();
        folder.Write("set/file.bin.part", new byte[1000]);
        await Get(server, folder);
        Assert.Equal(s_content, File.ReadAllBytes(Target(folder)));
        folder.Write("set/file.bin.part", new byte[s_content.Length + 5]);
        File.Delete(Target(folder));
        await Get(server, folder);
        Assert.Equal(s_content, File.ReadAllBytes(Target(folder)));
    }

    [Fact]
    public async Task Wrong_content_is_refused_and_never_gets_the_files_name()
    {
        using var server = new Server();
        using var folder = new TemporaryFolder();
        string message = OneLine(await Assert.ThrowsAsync<DataException>(() => Get(server, folder, hash: new string('0', 64))));
        Assert.Contains("not the expected file", message);
        Assert.Contains($"put it at '{Target(folder)}'", message);
        Assert.False(File.Exists(Target(folder)));
        folder.Write("set/file.bin", "mine");
        Assert.Contains("not the official file", OneLine(await Assert.ThrowsAsync<DataException>(() => Get(server, folder))));
        Assert.Equal("mine", File.ReadAllText(Target(folder)));
    }

    [Fact]
    public async Task Being_offline_or_refused_says_what_to_put_where()
    {
        using var folder = new TemporaryFolder();
        var server = new Server();
        server.Dispose();
        string offline = OneLine(await Assert.ThrowsAsync<DataException>(() => Get(server, folder)));
        Assert.Contains("without a connection, get the file elsewhere (SHA-256", offline);
        Assert.Contains(Target(folder), offline);
        using var refusing = new Server { Status = "404 Not Found" };
        Assert.Contains("answered 404", OneLine(await Assert.ThrowsAsync<DataException>(() => Get(refusing, folder))));
        Assert.Single(refusing.Requests);
        using var failing = new Server { Status = "503 Unavailable" };
        Assert.Contains("503", OneLine(await Assert.ThrowsAsync<DataException>(() => Get(failing, folder))));
        Assert.Equal(3, failing.Requests.Count);
    }

    [Fact]
    public async Task A_second_download_at_once_is_refused()
    {
        using var server = new Server();
        using var folder = new TemporaryFolder();
        folder.Write("set/x", "");
        using (new FileStream(Target(folder) + ".part", FileMode.Create, FileAccess.ReadWrite, FileShare.None))
        {
            Assert.Contains("another download", OneLine(await Assert.ThrowsAsync<DataException>(() => Get(server, folder))));
        }
    }

    [Fact]
    public async Task A_stalled_connection_counts_as_lost()
    {
        using var server = new Server { Stall = true };
        using var folder = new TemporaryFolder();
        Assert.Contains(
            "nothing came",
            OneLine(await Assert.ThrowsAsync<DataException>(() => Get(server, folder, stall: TimeSpan.FromMilliseconds(100))))
        );
    }

    [Fact]
    public void Known_sets_are_found_by_source_name_too()
    {
        Assert.Equal("cifar100", DownloadableDataset.Find("fc100").Name);
        Assert.All(DownloadableDataset.Find("omniglot-official").Files, file => Assert.Equal(32, file.Hash.Length));
        Assert.Contains("'omniglot'?", OneLine(Assert.Throws<DataException>(() => DownloadableDataset.Find("omnigot"))));
    }

    private static string Target(TemporaryFolder folder) => Path.Combine(folder.Path, "set", "file.bin");

    private static async Task<string> Get(
        Server server,
        TemporaryFolder folder,
        string? hash = null,
        IProgress<DownloadProgress>? progress = null,
        TimeSpan? stall = null,
        long most = 1 << 20
    )
    {
        using var downloader = new DatasetDownloader
        {
            MaximumAttempts = 3,
            RetryDelay = TimeSpan.FromMilliseconds(1),
            StallLimit = stall ?? TimeSpan.FromSeconds(30),
        };
        hash ??= Convert.ToHexStringLower(SHA256.HashData(s_content));
        var dataset = new DownloadableDataset(
            "set",
            "",
            [new DatasetFile("file.bin", new Uri($"http://127.0.0.1:{server.Port}/file.bin"), hash) { MaximumBytes = most }]
        );
        return await downloader.GetAsync(dataset, folder.Path, progress, TestContext.Current.CancellationToken);
    }

    private sealed class Collect(List<DownloadProgress> list) : IProgress<DownloadProgress>
    {
        public void Report(DownloadProgress value) => list.Add(value);
    }

    // A web server of one file that can misbehave.
    private sealed class Server : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly CancellationTokenSource _stop = new();

        public Server()
        {
            _listener.Start();
            Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
            _ = Task.Run(Accept);
        }

        public int Port { get; }

        // Where each request asked to begin; null where it asked for everything.
        public List<long?> Requests { get; } = [];

        public int DropAfter { get; init; } = int.MaxValue;

        public bool Ranges { get; init; } = true;

        public bool Stall { get; init; }

        public string? Status { get; init; }

        public void Dispose()
        {
            _stop.Cancel();
            _listener.Stop();
        }

        private async Task Accept()
        {
            while (!_stop.IsCancellationRequested)
            {
                try
                {
                    using TcpClient client = await _listener.AcceptTcpClientAsync(_stop.Token);
                    await Answer(client.GetStream());
                }
                catch (Exception error)
                    when (error is OperationCanceledException or IOException or SocketException or ObjectDisposedException)
                {
                    // The client went away, as some tests want.
                }
            }
        }

        private async Task Answer(NetworkStream stream)
        {
            var head = new StringBuilder();
            byte[] one = new byte[1];
            while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
            {
                await stream.ReadExactlyAsync(one, _stop.Token);
                head.Append((char)one[0]);
            }

            string? range = head.ToString()
                .Split("\r\n")
                .FirstOrDefault(line => line.StartsWith("Range: bytes=", StringComparison.OrdinalIgnoreCase));
            long? asked = range is null ? null : long.Parse(range["Range: bytes=".Length..].TrimEnd('-'));
            lock (Requests)
            {
                Requests.Add(asked);
            }

            int from = Ranges && asked is not null ? (int)asked : 0;
            string answer =
                Status is not null ? $"HTTP/1.1 {Status}\r\nContent-Length: 0\r\n"
                : from >= s_content.Length ? "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Length: 0\r\n"
                : $"HTTP/1.1 {(from > 0 ? "206 Partial Content" : "200 OK")}\r\nContent-Length: {s_content.Length - from}\r\n"
                    + (from > 0 ? $"Content-Range: bytes {from}-{s_content.Length - 1}/{s_content.Length}\r\n" : "");
            await stream.WriteAsync(Encoding.ASCII.GetBytes(answer + "Connection: close\r\n\r\n"), _stop.Token);
            if (Stall)
            {
                await Task.Delay(1000, _stop.Token);
            }
            else if (Status is null && from < s_content.Length)
            {
                await stream.WriteAsync(s_content.AsMemory(from, Math.Min(DropAfter, s_content.Length - from)), _stop.Token);
            }
        }
    }
}
