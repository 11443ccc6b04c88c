import ArgumentParser
import Leibniz

/// `leibniz pool`: rules of pooling beside each other on an image.
struct PoolImage: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pool",
        abstract: "Compares rules of pooling on an image with the exact integral of what lies between its pixels.",
        discussion: """
            A PNG image is read; with --sample one is drawn. Each rule makes one number of each window R. The exact mean is \
            that of the bilinear interpolant, 1/|R| ∫ f; each rule's |difference| from it is shown beside a bound that \
            follows from the pixels alone, and the time of the rule. Rules: \
            \(ComparedRule.all.map(\.name).joined(separator: ", ")); numbers of one's own in power:P, log-sum-exp:B, soft:B.

            With --out, pictures of the image, the exact means, each rule's result and its |difference| are written, the \
            greatest difference of all rules in white.
            """)

    @Argument(help: "A PNG file.", transform: OptionText.path) var image: String?
    @Flag(help: "Draw a picture instead of reading one.") var sample = false
    @Option(help: "Rules to compare: average,max,power:3 (default: all).", transform: RuleNames.init)
    var rules: RuleNames?
    @Option(
        parsing: .unconditional, help: "Pixels along a side of a window.", transform: OptionText.whole(1...4096))
    var window = 8
    @Option(
        parsing: .unconditional, help: "Pixels between neighbouring windows (default: those of a window).",
        transform: OptionText.whole(1...4096))
    var stride: Int?
    @Option(help: "A folder for pictures, which is made.", transform: OptionText.path) var out: String?
    @OptionGroup var output: NumericOptions

    func validate() throws {
        if sample == (image != nil) { throw ValidationError("give a PNG file, or --sample") }
    }

    func run() throws {
        let picture = try image.map { try PNGImage(contentsOf: $0).tensor } ?? SamplePicture.drawn()
        let windows = ImageWindows(
            size: window, stride: stride ?? window, height: picture.shape[1], width: picture.shape[2])
        guard windows.size <= Swift.min(windows.height, windows.width) else {
            throw DataError(
                .argument, "the window does not fit the image", in: "--window", found: "\(window)",
                expected: "at most \(Swift.min(windows.height, windows.width)), as the image has pixels")
        }
        let comparison = try PoolingComparison(picture, windows, rules?.rules ?? ComparedRule.all)
        if let out { try comparison.writePictures(of: picture, to: out) }
        try Console.write(output.isJSON ? "\(comparison.json(picture: image ?? "sample"))" : comparison.text)
    }
}

/// The names of rules in an option's text.
struct RuleNames: Sendable {
    let rules: [ComparedRule]

    init(_ text: String) throws {
        rules = try text.split(separator: ",").map { name in
            guard let rule = ComparedRule.named(String(name)) else {
                throw OptionText.Expected(
                    "names of rules between commas: \(ComparedRule.all.map(\.name).joined(separator: ", ")); there is no \(name)"
                )
            }
            return rule
        }
        guard !rules.isEmpty else { throw OptionText.Expected("names of rules between commas") }
    }
}
