/// Number of a token: the row of the embedding matrix. Always in 0..<2^20 for tokens of a ``Tokenizer``.
public typealias TokenID = Int32
