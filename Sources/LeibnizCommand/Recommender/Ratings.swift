import Leibniz

/// Ratings of films by people, with the films' titles, as RecBole's files of MovieLens-100k have them.
struct Ratings {
    /// For each rating the place of who gave it in `userNames`.
    let users: [Int]
    /// For each rating the place of the film in `itemNames`.
    let items: [Int]
    /// The ratings, 1 … 5.
    let values: [Double]
    /// The people's numbers in the file, in order.
    let userNames: [String]
    /// The films' numbers in the file, in order.
    let itemNames: [String]
    /// The films' titles, with the year where it is known.
    let titles: [String]

    init(folder: String) throws(DataError) {
        let path = "\(folder)/ml-100k.inter"
        let table = try Table(path: path, delimiter: "\t")
        (users, userNames) = try table["user_id:token"].classes()
        (items, itemNames) = try table["item_id:token"].classes()
        values = try table["rating:float"].numbers()
        guard values.count >= 10 else {
            throw DataError(
                .inconsistent, "there are too few ratings to hold a tenth out", in: path, found: "\(values.count)",
                expected: "at least 10")
        }
        let films = try Table(path: "\(folder)/ml-100k.item", delimiter: "\t")
        let names = try films["item_id:token"].texts
        let texts = zip(try films["movie_title:token_seq"].texts, try films["release_year:token"].texts).map {
            $1.isEmpty ? $0 : "\($0) (\($1))"
        }
        let known = Dictionary(zip(names, texts)) { first, _ in first }
        titles = itemNames.map { known[$0] ?? "film \($0)" }
    }

    /// The numbers of the ratings to learn from and to test with: nine tenths and one, drawn by a seed.
    func split(seed: Int) throws(DataError) -> (training: [Int], test: [Int]) {
        let parts = try randomSplit(values.count, [0.9, 0.1], seed: seed)
        return (parts[0], parts[1])
    }

    /// Who, what and how, for the ratings with the given numbers, as tensors [N].
    func tensors(_ chosen: [Int]) -> [Tensor] {
        [
            Tensor(chosen.map { users[$0] }), Tensor(chosen.map { items[$0] }),
            Tensor(chosen.map { values[$0] }).cast(to: .float32),
        ]
    }

    /// How many of the ratings with the given numbers each user or item has.
    ///
    /// - Parameter owners: `users` or `items`.
    func counts(of owners: [Int], _ chosen: [Int]) -> [Int] {
        chosen.reduce(into: Array(repeating: 0, count: (owners.max() ?? -1) + 1)) { $0[owners[$1]] += 1 }
    }
}
