using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using FewShot.Tasks;

namespace FewShot.Data.Downloads;

/// <summary>
/// Downloads data sets. A file is written under its name with ".part" added, continued there after an interruption, verified by its hash,
/// and only then renamed: a file under its own name is always whole. Safe to run twice at once: the second is refused.
/// </summary>
public sealed class DatasetDownloader : IDisposable
{
    private readonly HttpClient _client;

    /// <summary>Creates a downloader.</summary>
    /// <param name="handler">How requests are sent; null is the system's way.</param>
    public DatasetDownloader(HttpMessageHandler? handler = null)
    {
        // Large files take long; a connection that stalls is noticed by StallLimit instead.
        _client = new HttpClient(handler ?? new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(20) })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("FewShot", null));
    }

    /// <summary>How many attempts in a row may fail without a single new byte before giving up.</summary>
    /// <value>4 attempts by default.</value>
    public int MaximumAttempts { get; init; } = 4;

    /// <summary>The wait before the second attempt; doubled before each further one.</summary>
    /// <value>One second by default.</value>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a connection may give nothing before it counts as lost.</summary>
    /// <value>60 seconds by default.</value>
    public TimeSpan StallLimit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Gets every file of a data set that is not there yet.</summary>
    /// <param name="dataset">The data set to get.</param>
    /// <param name="root">The data folder; see <see cref="DataFolder.Resolve"/>.</param>
    /// <param name="progress">Called with every piece that arrives; null for no one.</param>
    /// <param name="cancellationToken">Interrupts; what has arrived is kept and continued next time.</param>
    /// <returns>The folder the files are in.</returns>
    /// <exception cref="DataException">A file cannot be had or is not the expected one. The message says what to do by hand.</exception>
    public async Task<string> GetAsync(
        DownloadableDataset dataset,
        string? root,
        IProgress<DownloadProgress>? progress = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(dataset);
        string folder = Path.Combine(DataFolder.Resolve(root), dataset.Name);
        try
        {
            Directory.CreateDirectory(folder);
            foreach (DatasetFile file in dataset.Files)
            {
                await GetFileAsync(file, Path.Combine(folder, file.FileName), progress, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"Cannot write to '{folder}': {error.Message}", error);
        }

        return folder;
    }

    /// <summary>Ends open connections.</summary>
    public void Dispose() => _client.Dispose();

    private async Task GetFileAsync(
        DatasetFile file,
        string target,
        IProgress<DownloadProgress>? progress,
        CancellationToken cancellationToken
    )
    {
        if (File.Exists(target))
        {
            string found;
            await using (FileStream existing = File.OpenRead(target))
            {
                found = await HashAsync(existing, file.Hash, cancellationToken).ConfigureAwait(false);
            }

            if (found != file.Hash)
            {
                throw new DataException(
                    $"'{target}' is there but is not the official file (its hash is {found}, not {file.Hash}); move it away to "
                        + "download it, or keep it and use it as it is."
                );
            }

            return;
        }

        string part = target + ".part";
        await using (FileStream stream = OpenPart(part))
        {
            bool continued = stream.Length > 0;
            await DownloadAsync(file, target, stream, progress, cancellationToken).ConfigureAwait(false);
            string found = await HashAsync(stream, file.Hash, cancellationToken).ConfigureAwait(false);
            if (found != file.Hash && continued)
            {
                // What an earlier run left may belong to another file: once more from the beginning.
                stream.SetLength(0);
                await DownloadAsync(file, target, stream, progress, cancellationToken).ConfigureAwait(false);
                found = await HashAsync(stream, file.Hash, cancellationToken).ConfigureAwait(false);
            }

            if (found != file.Hash)
            {
                stream.SetLength(0);
                throw new DataException(
                    $"What {file.Source} sent is not the expected file (its hash is {found}, not {file.Hash}); {ByHand(file, target)}"
                );
            }

            stream.Flush(flushToDisk: true);
        }

        File.Move(part, target);
    }

    private static FileStream OpenPart(string part)
    {
        try
        {
            return new FileStream(part, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error) when (File.Exists(part))
        {
            throw new DataException($"'{part}' is in use: another download of it is running; wait for that one to end.", error);
        }
    }

    private async Task DownloadAsync(
        DatasetFile file,
        string target,
        FileStream stream,
        IProgress<DownloadProgress>? progress,
        CancellationToken cancellationToken
    )
    {
        TimeSpan delay = RetryDelay;
        for (int attempt = 1; ; attempt++)
        {
            long before = stream.Length;
            Exception failure;
            try
            {
                await ContinueAsync(file, target, stream, progress, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (HttpRequestException error)
            {
                failure = error;
            }
            catch (HttpIOException error)
            {
                failure = error;
            }
            catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
            {
                failure = new TimeoutException($"nothing came for {StallLimit.TotalSeconds:0} seconds", error);
            }
            catch (IOException error) when (error.InnerException is System.Net.Sockets.SocketException)
            {
                failure = error;
            }

            if (stream.Length > before)
            {
                attempt = 1;
                delay = RetryDelay;
            }

            if (attempt >= MaximumAttempts)
            {
                throw new DataException(
                    $"Cannot download {file.Source} ({failure.Message}); run the command again to continue, or {ByHand(file, target)}",
                    failure
                );
            }

            await Task.Delay(delay, cancellationToken).ConfigureAwait(false);
            delay *= 2;
        }
    }

    // One request for what is missing.
    private async Task ContinueAsync(
        DatasetFile file,
        string target,
        FileStream stream,
        IProgress<DownloadProgress>? progress,
        CancellationToken cancellationToken
    )
    {
        using var stall = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        stall.CancelAfter(StallLimit);
        using var request = new HttpRequestMessage(HttpMethod.Get, file.Source);
        if (stream.Length > 0)
        {
            request.Headers.Range = new RangeHeaderValue(stream.Length, null);
        }

        using HttpResponseMessage response = await _client
            .SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stall.Token)
            .ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            // Nothing is missing, or what is there is too long: the hash will tell.
            return;
        }

        if ((int)response.StatusCode is >= 400 and < 500 and not (408 or 429))
        {
            throw new DataException($"{file.Source} answered {(int)response.StatusCode} {response.ReasonPhrase}; {ByHand(file, target)}");
        }

        response.EnsureSuccessStatusCode();
        bool continues =
            response.StatusCode == HttpStatusCode.PartialContent && response.Content.Headers.ContentRange?.From == stream.Length;
        if (response.StatusCode == HttpStatusCode.PartialContent && !continues)
        {
            stream.SetLength(0);
            throw new HttpRequestException("the server continued at another place than asked");
        }

        if (!continues)
        {
            // The server sends all of it again.
            stream.SetLength(0);
        }

        stream.Position = stream.Length;
        long? total = response.Content.Headers.ContentLength + stream.Length;
        RefuseMoreThanMayBe(total ?? 0);
        await using Stream body = await response.Content.ReadAsStreamAsync(stall.Token).ConfigureAwait(false);
        byte[] buffer = new byte[1 << 16];
        while (true)
        {
            stall.CancelAfter(StallLimit);
            int read = await body.ReadAsync(buffer, stall.Token).ConfigureAwait(false);
            if (read == 0)
            {
                return;
            }

            RefuseMoreThanMayBe(stream.Length + read);
            await stream.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
            progress?.Report(new DownloadProgress(file.FileName, stream.Length, total));
        }

        // Whatever it is, it would fill the disk before its hash is looked at.
        void RefuseMoreThanMayBe(long bytes)
        {
            if (bytes > file.MaximumBytes)
            {
                stream.SetLength(0);
                throw new DataException(
                    $"{file.Source} sends {bytes} bytes or more, where '{file.FileName}' has at most {file.MaximumBytes}: it is another "
                        + $"file; {ByHand(file, target)}"
                );
            }
        }
    }

    private static string ByHand(DatasetFile file, string target) =>
        $"without a connection, get the file elsewhere ({(file.Hash.Length == 32 ? "MD5" : "SHA-256")} {file.Hash}) and put it at "
        + $"'{target}'.";

    private static async Task<string> HashAsync(FileStream stream, string expected, CancellationToken cancellationToken)
    {
        stream.Position = 0;
        byte[] hash =
            expected.Length == 32
                ? await MD5.HashDataAsync(stream, cancellationToken).ConfigureAwait(false)
                : await SHA256.HashDataAsync(stream, cancellationToken).ConfigureAwait(false);
        return Convert.ToHexStringLower(hash);
    }
}
