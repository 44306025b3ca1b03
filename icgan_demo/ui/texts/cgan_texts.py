"""Texts of the Digits and Tags pages."""

ENGLISH = {
    # --- digits ---
    "tab_digits": "Digits",
    "digits_intro": "The ancestor of this page's class label: in 2014 Mirza and Osindero gave a GAN the digit it "
    "should "
    "draw. A row is a digit, a column a seed.",
    "digits_network": "Network",
    "digits_modern": "Modern, small",
    "digits_paper": "The paper's, 2014",
    "digits_network_info": "Both learned from MNIST here: networks of the paper's shape and schedule, stopped early, "
    "and small convolutional ones.",
    "digits_draw": "Draw digits",
    "digits_grid": "Digits 0 to 9, a row each",
    "digits_grid_alt": "A grid of drawn handwritten digits: a row for each digit, a column for each seed",
    "digits_drawn": "{count} digits in {milliseconds:.0f} ms, seeds {first} to {last}",
    "digits_blend": "Blend two digits",
    "digits_blend_note": "Only the condition moves, the noise stays: the ancestor of swapping the class of a photo.",
    "digits_first": "From",
    "digits_second": "To",
    "digits_amount": "Blend",
    "digits_blend_alt": "One row of digits drawn from a blend of two classes, a column for each seed",
    "digits_way_alt": "Three seeds, a row each, on their way from one digit to the other in nine steps",
    "digits_way": "The whole way, three seeds",
    "digits_learn": "Watch it learn",
    "digits_learn_note": "A small network starts from nothing on this machine, and the grid shows what it draws every "
    "few seconds. It ends after three minutes, or when you stop it.",
    "digits_learn_start": "Start learning",
    "digits_learn_alt": "What the learning network draws now: a row for each digit, always from the same noise",
    "digits_learn_reading": "Reading the digits…",
    "digits_learning": "{seconds:.0f} s · {pictures} pictures seen · {agreement:.0%} read as the digit asked for",
    "digits_learned": "Finished after {seconds:.0f} s: {agreement:.0%} are read as the digit asked for.",
    "digits_learn_stopped": "Stopped. The network is gone; what it drew last is still here.",
    "digits_learn_real": "It learns from the MNIST files of this machine.",
    "digits_learn_stand_in": "There are no MNIST files on this machine, so it learns from digits that the modern "
    "network "
    "draws.",
    "digits_figures": "What the figures say",
    "digits_figure_likelihood": "Log-likelihood (Parzen)",
    "digits_figure_sigma": "Bandwidth σ, drawn and test pictures",
    "digits_figure_agreement": "Read as the digit asked for",
    "digits_figure_frechet": "Fréchet distance (digit classifier)",
    "digits_published": "Published: {value} nats for the conditional networks of 2014, {other} for the unconditional "
    "ones.",
    "digits_explained": "The likelihood puts a bell of width σ on each of 10,000 drawn digits and asks how "
    "probable real "
    "ones are under it (Goodfellow et al. 2014; ± is the standard error over test digits). It says little about looks: "
    "it changes by dozens of nats with σ and the number of samples, a blurred set can beat a sharp one, and real "
    "digits "
    "themselves can lose to copies of cluster centres (Theis, van den Oord and Bethge 2016). So look at the grid, "
    "and at "
    "how often a separately trained classifier reads the digit that was asked for.",
    # --- tags ---
    "tab_tags": "Tags",
    "tags_about": "What do you call this? A conditional GAN of 2014 reads a photo and draws a hundred points among "
    "words; each votes for the words around it. It knows the fruit and vegetables that the pictures were learned from.",
    "tags_photo": "Picture to tag",
    "tags_votes": "Tags and their votes",
    "tags_empty": "Ten words will appear here, each with the share of samples that voted for it.",
    "tags_ready": "Tagged. The first word: {word}",
    "tags_verdict": "{samples} samples were drawn; {most} of them have the first word among their 20 nearest. "
    "Click a word to see what it is similar to.",
    "tags_weak": "All votes are weak: the samples disagree about most of the ten words. "
    "This picture may show nothing that the network knows.",
    "tags_map": "Where the samples fell among the words",
    "tags_map_note": "Each grey dot is a word, each green one a sample for your picture. The map is flat, and "
    "distances on it are rough: the words lie in a hundred dimensions, of which it shows the two that differ most.",
    "tags_map_alt": "A map of all words with the samples of the picture; its tags are {words}",
    "tags_similar": "Similar words",
    "tags_word": "Word",
    "tags_word_info": "One of the tags, or any word that the network knows.",
    "tags_class": "Class to draw it as",
    "tags_class_info": "Classes that the tags name; “none” leaves it to the picture.",
    "tags_use": "Use this picture as the instance",
    "tags_gone": "The picture has been deleted meanwhile. Choose it again.",
}

KOREAN = {
    # --- digits ---
    "tab_digits": "숫자",
    "digits_intro": "이 페이지에서 고르는 분류의 조상입니다. 2014년 Mirza와 Osindero는 그릴 숫자를 GAN에 알려 "
    "주었습니다. "
    "행은 숫자, 열은 시드입니다.",
    "digits_network": "신경망",
    "digits_modern": "요즘의 작은 망",
    "digits_paper": "2014년 논문의 망",
    "digits_network_info": "둘 다 여기에서 MNIST로 학습했습니다. 하나는 논문의 구조와 일정을 따르되 일찍 멈춘 망, "
    "하나는 작은 합성곱 망입니다.",
    "digits_draw": "숫자 그리기",
    "digits_grid": "0부터 9까지, 한 행에 하나씩",
    "digits_grid_alt": "그려진 손글씨 숫자들의 격자. 행마다 숫자 하나, 열마다 시드 하나",
    "digits_drawn": "{milliseconds:.0f} ms에 숫자 {count}개, 시드 {first}–{last}",
    "digits_blend": "두 숫자 섞기",
    "digits_blend_note": "조건만 움직이고 잡음은 그대로입니다. 사진의 분류를 바꾸는 일의 조상입니다.",
    "digits_first": "처음",
    "digits_second": "끝",
    "digits_amount": "섞는 정도",
    "digits_blend_alt": "두 분류를 섞어 그린 숫자 한 행, 열마다 시드 하나",
    "digits_way_alt": "시드 셋이 한 행씩, 아홉 걸음으로 한 숫자에서 다른 숫자로 가는 모습",
    "digits_way": "전체 과정, 시드 셋",
    "digits_learn": "배우는 모습 보기",
    "digits_learn_note": "작은 신경망이 이 컴퓨터에서 처음부터 배우고, 몇 초마다 그리는 모습을 보여 줍니다. "
    "3분 뒤나 멈춤을 누르면 끝납니다.",
    "digits_learn_start": "학습 시작",
    "digits_learn_alt": "배우는 신경망이 지금 그리는 것. 행마다 숫자 하나, 잡음은 늘 같음",
    "digits_learn_reading": "숫자를 읽는 중…",
    "digits_learning": "{seconds:.0f}초 · 본 그림 {pictures}장 · 요청한 숫자로 읽힌 비율 {agreement:.0%}",
    "digits_learned": "{seconds:.0f}초 만에 끝났습니다. 요청한 숫자로 읽힌 비율 {agreement:.0%}.",
    "digits_learn_stopped": "멈췄습니다. 신경망은 사라졌고 마지막 그림은 남아 있습니다.",
    "digits_learn_real": "이 컴퓨터의 MNIST 파일로 배웁니다.",
    "digits_learn_stand_in": "이 컴퓨터에 MNIST 파일이 없어서, 요즘의 망이 그린 숫자로 배웁니다.",
    "digits_figures": "수치의 뜻",
    "digits_figure_likelihood": "로그 가능도 (Parzen)",
    "digits_figure_sigma": "대역폭 σ, 그린 그림과 시험 그림 수",
    "digits_figure_agreement": "요청한 숫자로 읽힌 비율",
    "digits_figure_frechet": "프레셰 거리 (숫자 분류기)",
    "digits_published": "발표된 값: 2014년의 조건부 망 {value} nats, 조건 없는 망 {other} nats.",
    "digits_explained": "로그 가능도는 그린 숫자 10,000개 위에 너비 σ의 종 모양을 놓고 실제 숫자가 얼마나 있을 법한지 "
    "묻습니다(Goodfellow 외 2014, ±는 시험 숫자에 대한 표준 오차). 겉모습에 대해서는 거의 말해 주지 않습니다. σ와 표본 "
    "수에 따라 수십 nats가 달라지고, 흐린 그림이 선명한 그림을 이기기도 하며, 실제 숫자조차 군집 중심의 사본에 질 수 "
    "있습니다(Theis, van den Oord, Bethge 2016). 그래서 격자를 직접 보고, 따로 학습한 분류기가 요청한 숫자로 "
    "얼마나 자주 "
    "읽는지를 함께 보세요.",
    # --- tags ---
    "tab_tags": "태그",
    "tags_about": "이것을 무엇이라 부를까요? 2014년의 조건부 GAN이 사진을 읽고 낱말 사이에 점 백 개를 그립니다. 점마다 "
    "둘레의 낱말에 표를 던집니다. 그림을 배운 과일과 채소를 알고 있습니다.",
    "tags_photo": "태그를 붙일 사진",
    "tags_votes": "태그와 득표",
    "tags_empty": "여기에 낱말 열 개가, 저마다 표를 던진 표본의 비율과 함께 나타납니다.",
    "tags_ready": "태그를 붙였습니다. 첫 낱말: {word}",
    "tags_verdict": "표본 {samples}개를 그렸고, 그 가운데 {most}개가 첫 낱말을 가장 가까운 낱말 20개 안에 두었습니다. "
    "낱말을 누르면 비슷한 낱말이 보입니다.",
    "tags_weak": "표가 모두 약합니다. 표본들이 낱말 열 개 대부분에서 서로 다릅니다. "
    "이 사진에는 신경망이 아는 것이 없을 수 있습니다.",
    "tags_map": "표본이 낱말 사이 어디에 떨어졌는지",
    "tags_map_note": "회색 점은 낱말, 초록 점은 이 사진의 표본입니다. 지도는 평면이라 거리는 대략입니다. 낱말은 "
    "백 차원에 있고, 지도는 가장 크게 다른 두 방향만 보여 줍니다.",
    "tags_map_alt": "모든 낱말과 사진의 표본이 있는 지도. 태그는 {words}",
    "tags_similar": "비슷한 낱말",
    "tags_word": "낱말",
    "tags_word_info": "태그 하나, 또는 신경망이 아는 아무 낱말.",
    "tags_class": "그릴 종류",
    "tags_class_info": "태그가 부르는 종류입니다. “없음”은 사진에 맡깁니다.",
    "tags_use": "이 사진을 기준으로 쓰기",
    "tags_gone": "그사이 사진이 지워졌습니다. 다시 고르세요.",
}
